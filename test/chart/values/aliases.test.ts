import { missingPrograms } from '@kso/testkit/programs';
import { describe, expect, it } from 'vitest';
import { values } from '../../../charts/values/all.ts';
import type { Conversion, Json, Value } from '../../../charts/values/model.ts';
import { chartFolder, template } from './chart-under-test.ts';
import { merge, nested, sampleOf } from './samples.ts';

const backend = { server: 'api.example.com', account: 'tenant', accessKey: 'key', clusterName: 'one' };

/** Without these, keys about a backend have nothing to act on. */
const besidesOf: Readonly<Record<string, Record<string, Json>>> = {
  server: { account: 'tenant', accessKey: 'key', clusterName: 'one' },
  accessKey: { server: 'api.example.com', account: 'tenant', clusterName: 'one' },
};

/** An inventory that runs and has somebody to report to: its keys have nothing to act on otherwise. */
function besidesOfInventory(to: string): Record<string, Json> {
  const anchore = to === 'inventory.anchore.url' ? {} : { anchore: { url: 'https://anchore.example.com' } };
  const secret = to === 'inventory.injectSecretsViaEnv' ? { existingSecret: 'anchore' } : {};
  return { inventory: { ...(to === 'inventory.enabled' ? {} : { enabled: true }), ...anchore, ...secret } };
}

/** What is set besides, what the former key gets, and what its successor gets for the same result. */
type Case = readonly [besides: Record<string, Json>, former: Json, successor: Json];

const cases: Readonly<Record<Conversion, (value: Value) => Case>> = {
  same: ({ to = '', ...value }) => [
    to.startsWith('inventory.') ? besidesOfInventory(to) : (besidesOf[to] ?? {}),
    sampleOf({ to, ...value }),
    sampleOf({ to, ...value }),
  ],
  switch: (value) => (value.former?.[0] === true ? [{}, false, 'disable'] : [{}, true, 'enable']),
  not: () => [{ ...backend, ksCloudOtelCollector: 'otel.example.com:4317' }, true, false],
  matchers: () => [{}, true, 'off'],
  emptyIfFalse: () => [backend, false, ''],
  emptyIfTrue: () => [backend, true, ''],
  hostPort: () => [{}, 'otel.example.com', 'otel.example.com:4317'],
};

const known = new Map<string, string>();

/** The same for many keys, so rendered once. */
function withoutBoth(besides: Record<string, Json>): string {
  const key = JSON.stringify(besides);
  const out = known.get(key) ?? template(chartFolder, { values: besides }).out;
  known.set(key, out);
  return out;
}

const isSupported = (to: string | undefined) => values.some(({ key, status }) => key === to && status === 'supported');
const aliases = values.filter(({ status, to }) => (status === 'alias' || status === 'deprecated') && isSupported(to));
/** The port says something only together with the host, and scans of nodes are off by default. */
const tested = aliases.filter(({ key }) => !['otelCollector.endpoint.port', 'kubescape.enableHostScan'].includes(key));

describe.skipIf(missingPrograms('helm') !== undefined)('former names', () => {
  it.each(tested)('23 $key does what $to does', ({ ...value }) => {
    const [besides, former, successor] = cases[value.conversion ?? 'same'](value);
    const byFormer = template(chartFolder, { values: merge([besides, nested(value.key, former)]) });
    const bySuccessor = template(chartFolder, { values: merge([besides, nested(value.to ?? '', successor)]) });
    expect([byFormer.error, bySuccessor.error]).toEqual(['', '']);
    expect(byFormer.out).toBe(bySuccessor.out);
    expect(byFormer.out).not.toBe(withoutBoth(besides));
  });

  /** The new name with another value than its default, beside the former one. */
  const other: Partial<Record<Conversion, (value: Value, target: Value) => readonly [former: Json, successor: Json]>> =
    {
      same: (value, target) =>
        sampleOf(value) === 'enable' ? ['disable', 'enable'] : [sampleOf(value), anotherOf(target)],
      switch: (value) => (value.former?.[0] === true ? [true, 'disable'] : [false, 'enable']),
      not: () => [true, true],
      hostPort: () => ['former.example.com', 'new.example.com:4317'],
      matchers: () => [true, 'on'],
    };
  const both = tested.filter(({ conversion = 'same' }) => other[conversion] !== undefined);

  it.each(both)('23 $key loses against $to where both are set', ({ ...value }) => {
    const conversion = value.conversion ?? 'same';
    const target = values.find(({ key }) => key === value.to);
    const [former, successor] = (target && other[conversion]?.(value, target)) ?? [null, null];
    const [besides] = cases[conversion](value);
    const set = [besides, nested(value.to ?? '', successor)];
    const alone = template(chartFolder, { values: merge(set) });
    const beside = template(chartFolder, { values: merge([...set, nested(value.key, former)]) });
    expect([alone.error, beside.error]).toEqual(['', '']);
    expect(beside.out).toBe(alone.out);
  });

  it('a server is emptied by its two switches, whatever it says: that is what they are for', () => {
    for (const off of [nested('kubescape.submit', false), nested('global.keepLocal', true)])
      expect(template(chartFolder, { values: merge([backend, off]) }).out).not.toContain('api.example.com');
  });
});

/** A value that is neither the sample nor the default. */
function anotherOf(target: Value): Json {
  const sample = sampleOf(target);
  const { enum: choices, items } = target.schema as {
    readonly enum?: readonly Json[];
    readonly items?: { type?: string };
  };
  if (choices !== undefined) return sample;
  if (typeof sample === 'number') return sample + 1;
  if (items?.type === 'string') return ['another'];
  if (typeof sample === 'string') return sample.startsWith('registry') ? 'other' : `${sample}-2`;
  if (typeof sample === 'boolean') return sample;
  if (Array.isArray(sample)) return [{ key: 'another', operator: 'Exists' }];
  return { another: 'yes' };
}
