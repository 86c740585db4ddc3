import { readFileSync } from 'node:fs';
import type { Value } from '../../../charts/values/model.ts';

/** A line of the list of keys of the former charts. */
export interface FormerKey {
  readonly key: string;
  readonly seed: boolean;
  readonly default: string;
  /** What the new chart does with it. */
  readonly plan: string;
}

/** Reads CSV with quoted fields. */
export function parseCsv(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  for (const [, quoted, bare, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\n]*))(,|\r?\n|$)/gu)) {
    if (end === '' && quoted === undefined && bare === '' && row.length === 0) break;
    row.push(quoted?.replaceAll('""', '"') ?? bare ?? '');
    if (end === ',') continue;
    rows.push(row);
    row = [];
  }
  return rows;
}

export function readFormerKeys(file: string): FormerKey[] {
  const [head = [], ...rows] = parseCsv(readFileSync(file, 'utf8'));
  const column = (name: string) => head.indexOf(name);
  return rows.map((row) => ({
    key: row[column('key')] ?? '',
    seed: row[column('seed')] === 'yes',
    default: row[column('default')] ?? '',
    plan: row[column('new_chart')] ?? '',
  }));
}

/** The value that a key of the list is, is a part of, or the first of those it stands for. */
export function valueFor(key: string, values: readonly Value[]): Value | undefined {
  const bare = key.replace(/\[\d+\]$/u, '');
  const above = values.find((value) => value.key === bare || bare.startsWith(`${value.key}.`));
  return above ?? values.find((value) => value.key.startsWith(`${bare}.`));
}
