import { missingPrograms } from '@kso/testkit/programs';
import { testDataFile } from '@kso/testkit/test-data';
import { describe, expect, it } from 'vitest';
import { values } from '../../../charts/values/all.ts';
import type { Json, Value } from '../../../charts/values/model.ts';
import { chartFolder, template } from './chart-under-test.ts';
import { readFormerKeys, valueFor } from './former-keys.ts';
import { merge, nested, sampleOf } from './samples.ts';

const file = testDataFile('spec/values.csv');
const rows = file === undefined ? [] : readFormerKeys(file).filter(({ seed }) => seed);
const keys = [...new Set(rows.map(({ key }) => valueFor(key, values)))].filter((value) => value !== undefined);
const supported = keys.filter(({ status }) => status === 'supported');

/** What has to be set besides, so that a key has something to act on. */
const besides: Readonly<Record<string, Record<string, Json>>> = {
  'global.networkPolicy.createEgressRules': nested('global.networkPolicy.enabled', true),
  'global.extraCaCertificates.enabled': nested('global.extraCaCertificates.secretName', 'more-certificates'),
  'global.extraCaCertificates.secretName': nested('global.extraCaCertificates', { enabled: true, secretName: 'first' }),
  'global.overrideDefaultCaCertificates.enabled': nested('global.overrideDefaultCaCertificates.caCertificates', 'PEM'),
  'global.overrideDefaultCaCertificates.caCertificates': nested('global.overrideDefaultCaCertificates', {
    enabled: true,
    caCertificates: 'PEM',
  }),
};
const secretRef = { cloudProviderMetadata: { secretRef: { name: 'cloud', cloudRegionKey: 'region' } } };
const instead: Readonly<Record<string, Json>> = { 'cloudProviderMetadata.secretRef.name': 'other' };

const contextOf = (value: Value) => (value.key.includes('secretRef') ? secretRef : (besides[value.key] ?? {}));
const documents = (out: string) => out.split('\n---\n').length;

describe.skipIf(file === undefined || missingPrograms('helm') !== undefined)('keys of the seeds', () => {
  it('are many', () => expect(supported.length).toBeGreaterThan(40));

  it.each(supported)('$key has an effect', (value) => {
    const context = contextOf(value);
    const before = template(chartFolder, { values: context });
    const given = nested(value.key, instead[value.key] ?? sampleOf(value));
    const after = template(chartFolder, { values: merge([context, given]) });
    expect([before.error, after.error]).toEqual(['', '']);
    expect(documents(after.out)).toBeGreaterThan(5);
    expect(after.out === before.out).toBe(false);
  });
});
