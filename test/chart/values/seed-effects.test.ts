import { missingPrograms } from '@kso/testkit/programs';
import { testDataFile } from '@kso/testkit/test-data';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { values } from '../../../charts/values/all.ts';
import { render } from '../templates/rendered.ts';
import { chartFolder, notesOf, template, valuesOnlyChart } from './chart-under-test.ts';
import { readFormerKeys, valueFor } from './former-keys.ts';
import { merge, nested, sampleOf } from './samples.ts';
import { seedKey } from './seed-keys.ts';

const file = testDataFile('spec/values.csv');
const seeds = file === undefined ? [] : readFormerKeys(file).filter(({ seed }) => seed);
const withEffect = seeds.filter(({ key }) => seedKey(key) !== undefined).map(({ key }) => key);
const withoutEffect = seeds.filter(({ key }) => seedKey(key) === undefined).map(({ key }) => key);

/** Where a value of the key stands in a values file: `env[0]` and fields of list items are set with their list. */
const pathOf = (key: string): string =>
  key.replace(/\[\d+\]$/u, '').replace(/(privateRegistries\.credentials)\..+$/u, '$1');

describe.skipIf(file === undefined || missingPrograms('helm') !== undefined)('24.1 the keys of the seeds', () => {
  let chart: ReturnType<typeof valuesOnlyChart>;
  beforeAll(() => {
    chart = valuesOnlyChart();
  });
  afterAll(() => chart.remove());

  it('are 91, and most have an effect', () => {
    expect(seeds).toHaveLength(91);
    expect(withoutEffect).toEqual([
      'global.kubescapePsp.enabled',
      'global.overrideRuntimePath',
      'configurations.priorityClass.daemonset',
      'configurations.priorityClass.enabled',
      'kubescape.downloadArtifacts',
      'kubescape.enableHostScan',
      'kubescape.skipUpdateCheck',
      'hostScanner.volumeMounts',
      'hostScanner.volumes',
    ]);
  });

  it.each(withEffect)('%s has the effect that its name promises, and without it there is none', (key) => {
    const known = seedKey(key);
    if (known === undefined) throw new Error(key);
    const { set, besides = {}, effect } = known;
    effect(render(merge([besides, nested(pathOf(key), set)])));
    expect(isThere(effect, render(besides as object))).toBe(false);
  });

  const noted = withoutEffect.filter((key) => key !== 'kubescape.enableHostScan');
  it.each(noted)('%s renders, and the notes say what becomes of it', (key) => {
    const value = valueFor(key, values);
    if (value === undefined) throw new Error(key);
    const given = nested(key, sampleOf(value));
    expect(template(chartFolder, { values: given }).error).toBe('');
    expect(notesOf(template(chart.folder, { values: given })).join()).toContain(key);
  });

  it('kubescape.enableHostScan: scans of nodes, off anyway, are in vain where they are asked for', () => {
    expect(template(chartFolder, { values: nested('kubescape.enableHostScan', false) }).error).toBe('');
    expect(JSON.stringify(render({ capabilities: { nodeScan: 'enable' } }))).toContain(
      'not built yet, without effect: nodeScan',
    );
  });
});

function isThere(effect: (objects: ReturnType<typeof render>) => void, objects: ReturnType<typeof render>): boolean {
  try {
    effect(objects);
    return true;
  } catch {
    return false;
  }
}
