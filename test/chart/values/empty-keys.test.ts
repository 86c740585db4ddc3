import { readFileSync } from 'node:fs';
import path from 'node:path';
import { missingPrograms } from '@kso/testkit/programs';
import { load } from 'js-yaml';
import { describe, expect, it } from 'vitest';
import { values } from '../../../charts/values/all.ts';
import type { Json } from '../../../charts/values/model.ts';
import { chartFolder, template } from './chart-under-test.ts';
import { merge, nested } from './samples.ts';

/** Keys that only group others, as people leave them behind when they comment out what is below. */
const groups = [
  ...new Set(
    values.flatMap(({ key }) => {
      const parts = key.split('.');
      return parts.slice(1).map((_part, index) => parts.slice(0, index + 1).join('.'));
    }),
  ),
];
const depth = (key: string): number => key.split('.').length;
const nulls = (keys: readonly string[]) => merge(keys.map((key) => nested(key, null)));

/** Keys of values.yaml whose default is a map, with and without content: labels, resources, selectors. */
function maps(value: Json, key = ''): string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [];
  const below = Object.entries(value).flatMap(([name, inner]) => maps(inner, key === '' ? name : `${key}.${name}`));
  return key === '' || groups.includes(key) ? below : [key, ...below];
}
const defaults = load(readFileSync(path.join(chartFolder, 'values.yaml'), 'utf8')) as Json;

const policies = { global: { networkPolicy: { enabled: true, createEgressRules: true } } };

describe.skipIf(missingPrograms('helm') !== undefined)('keys without a value', () => {
  it('there are groups of each depth', () => {
    expect(new Set(groups.map(depth))).toEqual(new Set([1, 2, 3]));
    expect(groups).toEqual(expect.arrayContaining(['global', 'kubescape', 'kubevuln.tmpDirPersistence', 'rbac']));
  });

  it.each([1, 2, 3])('groups of keys of depth %d, emptied, are as if they were not there', (level) => {
    const empty = nulls(groups.filter((key) => depth(key) === level));
    const { out, error } = template(chartFolder, { values: empty });
    expect(error).toBe('');
    expect(out).toBe(template(chartFolder).out);
  });

  it('so they are with everything switched on that reads them', () => {
    const empty = nulls(groups.filter((key) => depth(key) > 1 && !'global.networkPolicy'.startsWith(key)));
    const { out, error } = template(chartFolder, { values: merge([empty, policies]) });
    expect(error).toBe('');
    expect(out).toBe(template(chartFolder, { values: policies }).out);
  });

  it.each(['default', 'compact'])(
    'null takes the default of a map away, and the rest renders: profile %s',
    (profile) => {
      const given = maps(defaults).filter((key) => !key.startsWith('global.networkPolicy.'));
      expect(given).toEqual(expect.arrayContaining(['kubescape.resources', 'kubevuln.nodeSelector']));
      const { out, error } = template(chartFolder, { values: merge([nulls(given), policies, { profile }]) });
      expect(error).toBe('');
      expect(out).toContain('kind: NetworkPolicy');
    },
  );
});
