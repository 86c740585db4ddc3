import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { values } from '../../../charts/values/all.ts';
import { generatedFiles } from '../../../charts/values/files.ts';
import { chartFolder } from './chart-under-test.ts';

describe('the generated files of the chart', () => {
  it.each(Object.entries(generatedFiles()))(
    '%s is what charts/values says (node charts/values/generate.ts)',
    (name, content) => {
      expect(readFileSync(path.join(chartFolder, name), 'utf8')).toBe(content);
    },
  );

  it('describe each key once', () => {
    const keys = values.map(({ key }) => key);
    expect(keys.filter((key, index) => keys.indexOf(key) !== index)).toEqual([]);
  });

  it('say something about each key', () => {
    expect(values.filter(({ description }) => description.trim() === '').map(({ key }) => key)).toEqual([]);
  });

  it('send former names to keys that there are', () => {
    const known = new Set(values.map(({ key }) => key));
    const isPrefix = (to: string) => values.some(({ key }) => key.startsWith(`${to}.`));
    const lost = values.filter(({ to }) => to !== undefined && !known.has(to) && !isPrefix(to));
    expect(lost.map(({ key }) => key)).toEqual([]);
  });
});
