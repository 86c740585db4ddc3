import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { missingPrograms } from '@kso/testkit/programs';
import { load } from 'js-yaml';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { template } from '../values/chart-under-test.ts';
import { byKind, chartFolder, named, render } from './rendered.ts';

const missing = missingPrograms('helm') !== undefined;

const schedules = (values: object, more = {}) =>
  byKind(render(values, more), 'CronJob').map((job) => {
    const { schedule, timeZone } = job['spec'] as { schedule: string; timeZone: string };
    return `${schedule} ${timeZone}`;
  });

describe.skipIf(missing)('24.6 when scans run (chart.md 8.3)', () => {
  it('auto and the former defaults are the same derived times, and the two jobs differ', () => {
    const auto = schedules({});
    expect(auto).toEqual([
      expect.stringMatching(/^\d+ \d+ \* \* \* Etc\/UTC$/),
      expect.stringMatching(/^\d+ \d+ \* \* \* Etc\/UTC$/),
    ]);
    expect(auto[0]).not.toBe(auto[1]);
    expect(
      schedules({
        kubescapeScheduler: { scanSchedule: '0 8 * * *' },
        kubevulnScheduler: { scanSchedule: '0 0 * * *' },
      }),
    ).toEqual(auto);
    expect(schedules({ clusterName: 'another' })).not.toEqual(auto);
  });

  it('anything else is taken as it is; so is a former default with a time zone, or written differently', () => {
    const posture = (scheduler: object) => schedules({ kubescapeScheduler: scheduler })[0];
    expect(posture({ scanSchedule: '*/7 3 * * 1-5' })).toBe('*/7 3 * * 1-5 Etc/UTC');
    expect(posture({ scanSchedule: '0 8 * * *', timeZone: 'Europe/Berlin' })).toBe('0 8 * * * Europe/Berlin');
    expect(posture({ scanSchedule: '0 8 * * 0-6' })).toBe('0 8 * * 0-6 Etc/UTC');
  });

  it('B38 every CronJob names its time zone', () => {
    for (const schedule of schedules({})) expect(schedule).toMatch(/ Etc\/UTC$/);
  });

  it('a missed or hanging run does not pile up', () => {
    expect(named(render(), 'CronJob', 'kubescape-scheduler')['spec']).toMatchObject({
      concurrencyPolicy: 'Forbid',
      startingDeadlineSeconds: 600,
      jobTemplate: { spec: { backoffLimit: 2, activeDeadlineSeconds: 300, ttlSecondsAfterFinished: 86400 } },
    });
  });

  it('templates for the operator are the CronJobs themselves', () => {
    const objects = render();
    for (const [map, job] of [
      ['kubescape-cronjob-template', 'kubescape-scheduler'],
      ['kubevuln-cronjob-template', 'kubevuln-scheduler'],
    ] as const) {
      const { data } = named(objects, 'ConfigMap', map) as unknown as { data: Record<string, string> };
      expect(load(data['cronjobTemplate'] ?? '')).toEqual(named(objects, 'CronJob', job));
    }
  });

  it('what is posted is the same JSON as ever; offline, scans stay local', () => {
    const body = (values: object) => {
      const { data } = named(render(values), 'ConfigMap', 'kubescape-scheduler') as unknown as {
        data: Record<string, string>;
      };
      return JSON.parse(data['request-body.json'] ?? '') as unknown;
    };
    expect(body({})).toEqual({ commands: [{ CommandName: 'kubescapeScan', args: { scanV1: {} } }] });
    expect(body({ capabilities: { kubescapeOffline: 'enable' } })).toEqual({
      commands: [{ CommandName: 'kubescapeScan', args: { scanV1: { keepLocal: true } } }],
    });
  });
});

describe.skipIf(missing)('24.6 derived times', () => {
  let folder: string;
  const names = 10_000;

  // A chart with nothing but our helper, called for many clusters at once.
  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'kso-schedule-'));
    mkdirSync(path.join(folder, 'templates'));
    cpSync(path.join(chartFolder, 'templates/_helpers/schedule.tpl'), path.join(folder, 'templates/_schedule.tpl'));
    writeFileSync(path.join(folder, 'Chart.yaml'), 'apiVersion: v2\nname: schedules\nversion: 0.0.0\n');
    const call =
      '{{ include "kso.schedule" (dict "root" (dict "Values" (dict "clusterName" (toString .)) "Release" $.Release) "job" "j" "schedule" "auto" "sentinels" list) }}';
    writeFileSync(
      path.join(folder, 'templates/all.yaml'),
      `times:\n{{- range until ${names} }}\n  - ${call}\n{{- end }}\n`,
    );
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('are spread evenly over all minutes and hours', () => {
    const { times } = load(template(folder).out) as { times: string[] };
    expect(times).toHaveLength(names);
    const count = (field: 0 | 1, values: number) => {
      const found = Array.from({ length: values }, () => 0);
      for (const time of times) {
        const value = Number(time.split(' ')[field]);
        found[value] = (found[value] ?? 0) + 1;
      }
      return found;
    };
    for (const [field, values] of [
      [0, 60],
      [1, 24],
    ] as const) {
      const expected = names / values;
      const fiveSigma = 5 * Math.sqrt(expected * (1 - 1 / values));
      const counts = count(field, values);
      expect(counts).toHaveLength(values);
      for (const each of counts) expect(Math.abs(each - expected)).toBeLessThan(fiveSigma);
    }
  });
});
