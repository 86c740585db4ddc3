import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { values } from '../../../charts/values/all.ts';

const docs = path.resolve(import.meta.dirname, '../../../docs');
const page = readFileSync(path.join(docs, 'chart-decisions.md'), 'utf8');
const rows = [...page.matchAll(/^\| (\d+) \| ([^|]+) \| ([^|]+) \|$/gmu)].map(
  ([, number, complaint = '', answer = '']) => ({
    number: Number(number),
    complaint,
    answer,
  }),
);

/** Words in code that look like keys of values: `a.b`, with the first part known. */
function keysIn(text: string): string[] {
  const heads = new Set(values.map(({ key }) => key.split('.')[0]));
  return [...text.matchAll(/`([a-zA-Z]+(?:\.[a-zA-Z]+)+)(?:[:=][^`]*)?`/gu)]
    .map(([, key = '']) => key)
    .filter((key) => heads.has(key.split('.')[0]));
}

const known = (key: string) =>
  values.some((value) => value.key === key || key.startsWith(`${value.key}.`) || value.key.startsWith(`${key}.`));

describe('docs/chart-decisions.md', () => {
  it('answers each of the 33 complaints once, in order', () => {
    expect(rows.map(({ number }) => number)).toEqual(Array.from({ length: 33 }, (_, index) => index + 1));
    expect(rows.filter(({ answer }) => answer.trim().length < 20)).toEqual([]);
  });
});

describe.each(['chart-decisions.md', 'install.md', '../charts/kubescape-operator/README.md'])('%s', (name) => {
  const text = readFileSync(path.join(docs, name), 'utf8');

  it('names keys that there are', () => {
    expect(keysIn(text).filter((key) => !known(key))).toEqual([]);
  });

  it('links to files that there are', () => {
    const links = [...text.matchAll(/\]\((?!https?:|#)([^)#\s]+)/gu)].map(([, link = '']) => link);
    const folder = path.dirname(path.join(docs, name));
    expect(links.filter((link) => !existsSync(path.resolve(folder, link)))).toEqual([]);
  });
});
