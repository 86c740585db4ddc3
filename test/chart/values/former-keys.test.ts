import { missingPrograms } from '@kso/testkit/programs';
import { testDataFile } from '@kso/testkit/test-data';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { values } from '../../../charts/values/all.ts';
import type { Status } from '../../../charts/values/model.ts';
import { notesOf, template, valuesOnlyChart } from './chart-under-test.ts';
import { parseCsv, readFormerKeys, valueFor } from './former-keys.ts';
import { merge, nested, sampleOf } from './samples.ts';

const file = testDataFile('spec/values.csv');
const rows = file === undefined ? [] : readFormerKeys(file);
const components = ['operator', 'gateway', 'kubescape', 'kubevuln', 'kollector', 'cloudEndpoint'];
const schedulers = ['kubescapeScheduler', 'kubevulnScheduler', 'registryScanScheduler'];

/** A row about each component stands for all of them. */
function expand(key: string): string[] {
  if (key.startsWith('<component>.')) return components.map((name) => key.replace('<component>', name));
  if (key.startsWith('<scheduler>.')) return schedulers.map((name) => key.replace('<scheduler>', name));
  return [key];
}

/** What the plan of the list means for our sources. */
function statusesFor(plan: string): readonly Status[] {
  if (plan.startsWith('alias: false removes')) return ['supported'];
  if (plan.startsWith('alias of an empty discovery')) return ['noted'];
  if (plan.startsWith('alias')) return ['alias'];
  if (plan.startsWith('deprecated')) return ['deprecated'];
  if (/fails? with advice/u.test(plan)) return ['refused', 'noted'];
  if (plan.startsWith('accept as override')) return ['supported'];
  if (plan.startsWith('accept')) return ['noted', 'pending', 'refused'];
  return ['supported', 'pending'];
}

/**
 * Keys that the list keeps and that have nothing to act on here: there is no discovery Job, policies are never downloaded, nothing asks for
 * updates, a scrape starts no scan, and logs have one level.
 */
const withoutObject = new RegExp(
  [
    String.raw`^serviceDiscovery\.(name|nodeSelector|podAnnotations|podLabels|resources)`,
    String.raw`^kubescape\.(downloadArtifacts|skipUpdateCheck|serviceMonitor\.skipPersistence)$`,
    String.raw`^kubevuln\.verbose$`,
  ].join('|'),
  'u',
);

describe('parseCsv', () => {
  it('reads quoted fields, empty fields and doubled quotes', () => {
    expect(parseCsv('a,b,c\n1,"x, ""y""",\n,,z\n')).toEqual([
      ['a', 'b', 'c'],
      ['1', 'x, "y"', ''],
      ['', '', 'z'],
    ]);
  });
});

describe.skipIf(file === undefined)('the keys of the former charts', () => {
  it('are read', () => {
    expect(rows.length).toBeGreaterThan(700);
    expect(rows.filter(({ seed }) => seed)).toHaveLength(91);
  });

  it('are all known', () => {
    const unknown = rows.flatMap(({ key }) => expand(key)).filter((key) => valueFor(key, values) === undefined);
    expect(unknown).toEqual([]);
  });

  it('are treated as planned', () => {
    const different = rows.flatMap(({ key, plan }) =>
      expand(key).flatMap((one) => {
        const status = valueFor(one, values)?.status ?? 'supported';
        const wanted: readonly Status[] = withoutObject.test(one) ? ['noted'] : statusesFor(plan);
        return wanted.includes(status) ? [] : [`${one}: ${status}, but "${plan}"`];
      }),
    );
    expect(different).toEqual([]);
  });
});

const skipped = file === undefined || missingPrograms('helm') !== undefined;

describe.skipIf(skipped)('with helm', () => {
  let chart: ReturnType<typeof valuesOnlyChart>;
  beforeAll(() => {
    chart = valuesOnlyChart();
  });
  afterAll(() => chart.remove());

  it('every key passes the schema with another value than its default', () => {
    const all = values.map((value) => nested(value.key, sampleOf(value)));
    const rendered = template(chart.folder, { values: merge(all) });
    expect(rendered.error).toBe('');
  });

  it.each(['1.15.3', '1.27.7', '1.40.3'])('the complete values of %s pass, with few notes', (version) => {
    const values = testDataFile(`golden/values/kubescape-operator-${version}.yaml`) ?? '';
    const rendered = template(chart.folder, { files: [values] });
    expect(rendered.error).not.toContain('schema');
    expect(notesOf(rendered).length).toBeLessThan(8);
  });

  const named = values.filter(({ status }) => status !== 'supported' && status !== 'refused');
  const seeds = rows.filter(({ seed }) => seed).map(({ key }) => valueFor(key, values));
  it.each(named.filter((value) => seeds.includes(value)))('$key, given, gets a note ($status)', (value) => {
    const notes = notesOf(template(chart.folder, { values: nested(value.key, sampleOf(value)) }));
    expect(notes).toHaveLength(1);
    expect(notes[0]).toContain(value.to ?? value.note ?? value.key);
  });

  it('says nothing about values that only repeat the defaults', () => {
    expect(notesOf(template(chart.folder))).toEqual([]);
  });

  it('keeps long lists short', () => {
    const given = values
      .filter(({ status }) => status === 'pending')
      .map((value) => nested(value.key, sampleOf(value)));
    const notes = notesOf(template(chart.folder, { values: merge(given) }));
    const parts = new Set(values.filter(({ status }) => status === 'pending').map(({ key }) => key.split('.')[0]));
    expect(notes).toHaveLength(parts.size);
    expect(Math.max(...notes.map(({ length }) => length))).toBeLessThan(400);
  });
});
