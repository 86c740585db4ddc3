import { rows } from '@kso/store';
import type { z } from 'zod';
import type { SeverityCounts } from './model.ts';

export type Row = rows.Row;
export const { integer, optional, text } = rows;

export function isoTime(row: Row, column: string): string {
  return new Date(integer(row, column)).toISOString();
}

export function optionalTime<K extends string>(row: Row, column: string, key: K): { [P in K]?: string } {
  const value = row[column];
  return (typeof value === 'number' ? { [key]: new Date(value).toISOString() } : {}) as { [P in K]?: string };
}

export function optionalNumber<K extends string>(row: Row, column: string, key: K): { [P in K]?: number } {
  const value = row[column];
  return (typeof value === 'number' ? { [key]: value } : {}) as { [P in K]?: number };
}

/** Columns named by severity; one that a table does not have counts 0. */
export function counts(row: Row): z.output<typeof SeverityCounts> {
  const of = (column: string) => Number(row[column] ?? 0);
  return {
    critical: of('critical'),
    high: of('high'),
    medium: of('medium'),
    low: of('low'),
    negligible: of('negligible'),
    unknown: of('unknown'),
  };
}

/** One row more than asked for was read: whether it is there says whether a page follows. */
export function toPage<T>(found: readonly Row[], limit: number, item: (row: Row) => T, cursor: (row: Row) => string) {
  const shown = found.slice(0, limit);
  const last = shown.at(-1);
  return { items: shown.map(item), ...(found.length > limit && last !== undefined ? { next: cursor(last) } : {}) };
}
