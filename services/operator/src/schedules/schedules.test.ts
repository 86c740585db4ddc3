import { systemClock } from '@kso/kit';
import { createKubeClient, type KubeClient } from '@kso/kube';
import { type FakeApiServer, startFakeApiServer } from '@kso/kube/testing';
import type { KubeObject } from '@kso/wire';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CommandView, Receipt } from '../service.ts';
import { patiently, type TestOperator, testOperator } from '../testing/test-operator.ts';
import { clusterSchedules } from './cluster-schedules.ts';
import type { ScheduleSpec } from './schedule.ts';

const namespace = 'kubescape';

let server: FakeApiServer;
let client: KubeClient;
let test: TestOperator;

const template = `apiVersion: batch/v1
kind: CronJob
metadata:
  name: kubevuln-scheduler
  labels: {app.kubernetes.io/name: kubescape-operator, armo.tier: TIER}
spec:
  schedule: "7 1 * * *"
  successfulJobsHistoryLimit: 3
  jobTemplate:
    spec:
      template:
        metadata:
          labels: {armo.tier: TIER}
          annotations: {kept: "1"}
        spec:
          containers: [{name: scheduler, image: registry.example.com/suite:1, args: [-host=operator:4002]}]
          volumes:
            - {name: request-body-volume, configMap: {name: kubevuln-scheduler, defaultMode: 420}}
            - {name: token, emptyDir: {}}
`;

function configMap(name: string, data: Record<string, string>): KubeObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace }, data };
}

beforeEach(async () => {
  server = await startFakeApiServer();
  client = createKubeClient(server.connection(), { clock: systemClock, userAgent: 'kso-test' });
  server.put(
    configMap('kubescape-cronjob-template', { cronjobTemplate: template.replaceAll('TIER', 'kubescape-scan') }),
  );
  server.put(configMap('kubevuln-cronjob-template', { cronjobTemplate: template.replaceAll('TIER', 'vuln-scan') }));
  test = testOperator();
  const schedules = clusterSchedules(client, namespace, test.ports.logger);
  await test.stop();
  test = testOperator({ ports: { schedules } });
  await test.operator.start();
});

afterEach(async () => {
  await test.stop();
  await client.close();
  await server.stop();
});

const json = { accept: 'application/json' };

/** Sends one command and waits for its end. */
async function command(given: Record<string, unknown>): Promise<{ receipt: Receipt; end: CommandView }> {
  const answer = await test.post({ commands: [given] }, json);
  const [receipt] = (JSON.parse(answer.body) as { commands: Receipt[] }).commands;
  if (receipt?.jobId === undefined) throw new Error(answer.body);
  const { jobId } = receipt;
  const get = () => test.get<CommandView>(`/v1/jobs/${jobId}`);
  await expect.poll(async () => (await get()).state, patiently).not.toBe('running');
  return { receipt, end: await get() };
}

/** What there is beside the templates. */
async function made(kind: 'CronJob' | 'ConfigMap'): Promise<KubeObject[]> {
  const found: KubeObject[] = [];
  for await (const page of client.list({ group: kind === 'CronJob' ? 'batch' : '', kind }, { namespace }))
    found.push(...page);
  return found.filter(({ metadata }) => !metadata.name.endsWith('-template'));
}

const bodyIn = (object: KubeObject | undefined): unknown =>
  JSON.parse((object?.['data'] as Record<string, string> | undefined)?.['request-body.json'] ?? 'null');

const setVulnScan = {
  commandName: 'setVulnScanCronJob',
  designators: [{ designatorType: 'Attributes', attributes: { namespace: 'payments' } }],
  jobTracking: { jobID: '9d1a6f0e-54d1-4f5a-8cb4-8b2e6b0a1f77' },
  args: { jobParams: { cronTabSchedule: '15 3 * * *' }, labels: { app: 'api' }, password: 'hunter2' },
};

describe('a recurring image scan', () => {
  it('becomes a CronJob from the template, and a body of one scan below the command', async () => {
    const { receipt, end } = await command(setVulnScan);
    const [job] = await made('CronJob');
    const [body] = await made('ConfigMap');
    const name = job?.metadata.name ?? '';
    expect(name).toMatch(/^kubevuln-schedule-\d+$/);
    expect(job).toMatchObject({
      metadata: { labels: { app: name, 'app.kubernetes.io/name': 'kubescape-operator', 'armo.tier': 'vuln-scan' } },
      spec: {
        schedule: '15 3 * * *',
        timeZone: 'Etc/UTC',
        successfulJobsHistoryLimit: 3,
        jobTemplate: {
          spec: {
            template: {
              metadata: {
                annotations: {
                  kept: '1',
                  'armo.cloud/jobid': setVulnScan.jobTracking.jobID,
                  'app.kubescape/job-id': setVulnScan.jobTracking.jobID,
                  'armo.namespace': 'payments',
                  'app.kubescape/namespace': 'payments',
                },
              },
              spec: {
                volumes: [
                  { name: 'request-body-volume', configMap: { name, defaultMode: 420 } },
                  { name: 'token', emptyDir: {} },
                ],
              },
            },
          },
        },
      },
    });
    expect(body?.metadata).toMatchObject({
      name,
      labels: { app: name },
      ownerReferences: [{ apiVersion: 'batch/v1', kind: 'CronJob', name, uid: job?.metadata.uid }],
    });
    expect(bodyIn(body)).toEqual({
      commands: [
        {
          commandName: 'scan',
          designators: setVulnScan.designators,
          jobTracking: { parentAction: setVulnScan.jobTracking.jobID, timestamp: '0001-01-01T00:00:00Z' },
          args: { labels: { app: 'api' } },
        },
      ],
    });
    const told = [{ name, cron: '15 3 * * *', timeZone: 'Etc/UTC', nextRuns: expect.any(Array) as string[] }];
    expect(receipt.schedules).toEqual(told);
    expect(end).toMatchObject({ state: 'succeeded', schedules: told });
    expect(end.schedules?.[0]?.nextRuns).toHaveLength(5);
    expect(end.schedules?.[0]?.nextRuns.every((run) => run.endsWith('T03:15:00.000Z'))).toBe(true);
    expect(test.reports().map(({ status }) => status)).toEqual(['started', 'started', 'done']);
    expect(JSON.stringify([test.log, await made('ConfigMap')])).not.toContain('hunter2');
  });

  it('vector 22: no jobTracking in the command is the zero time in the body', async () => {
    const { jobTracking: _, ...without } = setVulnScan;
    await command({ ...without, args: { jobParams: { cronTabSchedule: '@daily' } } });
    expect(JSON.stringify(bodyIn((await made('ConfigMap'))[0]))).toContain(
      '"jobTracking":{"timestamp":"0001-01-01T00:00:00Z"}',
    );
  });

  it.each([
    ['vector 5: without a schedule', {}, 'setVulnScanCronJob: CronTabSchedule not found'],
    ['that no clock shows', { jobParams: { cronTabSchedule: '0 0 31 2 *' } }, 'never comes'],
    ['with words for a schedule', { jobParams: { cronTabSchedule: 'now and then' } }, 'setVulnScanCronJob: "now'],
    ['in no time zone', { jobParams: { cronTabSchedule: '@daily', timeZone: 'Mars/Base' } }, 'not an IANA time zone'],
  ])('%s leaves nothing behind', async (_case, args, problem) => {
    const { end } = await command({ ...setVulnScan, args });
    expect(end).toMatchObject({ state: 'failed', failure: { code: 'SCHEDULE_INVALID' } });
    expect(end.failure?.message).toContain(problem);
    expect([await made('CronJob'), await made('ConfigMap')]).toEqual([[], []]);
  });

  it('takes the schedule from where senders of all generations put it', async () => {
    const places = [
      { args: { kubescapeJobParams: { cronTabSchedule: '1 1 * * *' } } },
      { args: { cronTabSchedule: '2 2 * * *' } },
      { designators: [{ designatorType: 'Attributes', attributes: { cronTabSchedule: '3 3 * * *' } }] },
      { args: { JobParams: { cronTabSchedule: '9 9 * * *' }, jobParams: { CronTabSchedule: '4 4 * * *' } } },
    ];
    const crons: (string | undefined)[] = [];
    for (const [index, place] of places.entries()) {
      const one = { ...setVulnScan, jobTracking: { jobID: `job-${index}` }, args: {}, ...place };
      crons.push((await command(one)).end.schedules?.[0]?.cron);
    }
    expect(crons).toEqual(['1 1 * * *', '2 2 * * *', '3 3 * * *', '4 4 * * *']);
  });

  it('runs in the time zone that it names', async () => {
    const args = { jobParams: { cronTabSchedule: '30 2 * * *', timeZone: 'Asia/Tokyo' } };
    const { end } = await command({ ...setVulnScan, args });
    expect(end.schedules?.[0]?.nextRuns[0]).toMatch(/T17:30:00\.000Z$/);
    expect((await made('CronJob'))[0]?.['spec']).toMatchObject({ timeZone: 'Asia/Tokyo' });
  });
});

describe('a recurring configuration scan', () => {
  const scanV1 = { targetType: 'Framework', targetNames: ['nsa', 'mitre'], hostScanner: false, accessKey: 'hunter2' };
  const set = { commandName: 'setKubescapeCronJob', args: { scanV1, jobParams: { cronTabSchedule: '0 4 * * *' } } };

  it('vector 6: is one CronJob and one ConfigMap for each target, with one name in each body', async () => {
    await command(set);
    const jobs = await made('CronJob');
    const bodies = await made('ConfigMap');
    expect(jobs.map(({ metadata }) => metadata.name)).toEqual(bodies.map(({ metadata }) => metadata.name));
    for (const { metadata } of jobs) expect(metadata.name).toMatch(/^ks-scheduled-scan-(nsa|mitre)-\d+$/);
    for (const { metadata } of jobs) expect(metadata.name.length).toBeLessThanOrEqual(52);
    expect(bodies.map(bodyIn)).toEqual(
      ['mitre', 'nsa'].map((name) => ({
        commands: [
          {
            commandName: 'kubescapeScan',
            jobTracking: { parentAction: expect.any(String), timestamp: '0001-01-01T00:00:00Z' },
            args: { scanV1: { targetType: 'Framework', targetNames: [name], hostScanner: false } },
          },
        ],
      })),
    );
    const annotations = jobs.map(
      (job) =>
        (job['spec'] as { jobTemplate: { spec: { template: { metadata: KubeObject['metadata'] } } } }).jobTemplate.spec
          .template.metadata.annotations,
    );
    expect(annotations).toMatchObject([
      { 'armo.framework': 'mitre', 'armo.host-scanner': 'false' },
      { 'armo.framework': 'nsa', 'armo.host-scanner': 'false' },
    ]);
  });

  it('vector 7: names without a type are refused', async () => {
    const { end } = await command({ ...set, args: { ...set.args, scanV1: { targetNames: ['nsa', 'mitre'] } } });
    expect(end.failure?.message).toBe('received targetNames but not target types');
    expect(await made('ConfigMap')).toEqual([]);
  });

  it('of everything keeps the time of the template if it names none', async () => {
    const { receipt, end } = await command({ commandName: 'setKubescapeCronJob', args: { scanV1: {} } });
    expect(receipt.schedules).toBeUndefined();
    expect(end.schedules).toMatchObject([
      { cron: '7 1 * * *', name: expect.stringMatching(/^ks-scheduled-scan-all-/) as string },
    ]);
  });

  it('is made as a whole or not at all', async () => {
    server.serve({
      group: 'batch',
      version: 'v1',
      kind: 'CronJob',
      plural: 'cronjobs',
      namespaced: true,
      verbs: ['create', 'delete', 'get', 'list', 'patch'],
    });
    const create = client.writer.create.bind(client.writer);
    let bodies = 0;
    client.writer.create = (object, signal) => {
      if (object.kind === 'ConfigMap') bodies += 1;
      return bodies === 2
        ? Promise.resolve({ outcome: 'forbidden', detail: 'configmaps is forbidden' })
        : create(object, signal);
    };
    const { end } = await command(set);
    expect(end.failure).toEqual({
      code: 'SCHEDULE_REFUSED',
      message: expect.stringMatching(
        /does not let this operator create ConfigMap ks-.*: configmaps is forbidden/,
      ) as string,
    });
    expect([await made('CronJob'), await made('ConfigMap')]).toEqual([[], []]);
  });
});

describe('a schedule that is there', () => {
  const name = async () => (await made('CronJob'))[0]?.metadata.name ?? '';

  it('gets another time, and keeps everything else', async () => {
    await command(setVulnScan);
    const jobParams = { name: await name(), cronTabSchedule: '45 5 * * 1' };
    const update = { commandName: 'updateVulnScanCronJob', jobTracking: { jobID: 'update-1' }, args: { jobParams } };
    const { end } = await command(update);
    expect(end.schedules).toMatchObject([{ cron: '45 5 * * 1', timeZone: 'Etc/UTC' }]);
    expect((await made('CronJob'))[0]).toMatchObject({
      spec: {
        schedule: '45 5 * * 1',
        jobTemplate: {
          spec: {
            template: {
              metadata: {
                annotations: { kept: '1', 'armo.namespace': 'payments', 'app.kubescape/update-job-id': 'update-1' },
              },
            },
          },
        },
      },
    });
  });

  it('is deleted with its body; a second time there is none', async () => {
    await command(setVulnScan);
    const remove = { commandName: 'deleteVulnScanCronJob', args: { jobParams: { name: await name() } } };
    expect((await command(remove)).end.state).toBe('succeeded');
    expect([await made('CronJob'), await made('ConfigMap')]).toEqual([[], []]);
    expect((await command(remove)).end.failure?.code).toBe('SCHEDULE_UNKNOWN');
  });

  it('of another kind, or of somebody else, is left alone', async () => {
    await command(setVulnScan);
    const kubescape = { commandName: 'deleteKubescapeCronJob', args: { jobParams: { name: await name() } } };
    expect((await command(kubescape)).end.failure).toMatchObject({ code: 'SCHEDULE_REFUSED' });
    server.put({
      apiVersion: 'batch/v1',
      kind: 'CronJob',
      metadata: { name: 'backup', namespace },
      spec: { schedule: '@daily' },
    });
    const backup = { commandName: 'deleteVulnScanCronJob', args: { jobParams: { name: 'backup' } } };
    expect((await command(backup)).end.failure).toMatchObject({ code: 'SCHEDULE_REFUSED' });
    expect(await made('CronJob')).toHaveLength(2);
  });

  it.each(['updateVulnScanCronJob', 'deleteVulnScanCronJob', 'updateKubescapeCronJob', 'deleteKubescapeCronJob'])(
    '%s wants its name',
    async (commandName) => {
      const { end } = await command({ commandName, args: { jobParams: { cronTabSchedule: '@daily' } } });
      expect(end.failure?.message).toBe(`${commandName}: jobName not found`);
    },
  );

  it('made by a command that was interrupted is not made twice', async () => {
    const schedules = clusterSchedules(client, namespace, test.ports.logger);
    const spec: ScheduleSpec = {
      kind: 'kubevuln',
      name: 'kubevuln-schedule-1',
      cron: '@daily',
      timeZone: 'UTC',
      body: { commands: [] },
      annotations: {},
    };
    const first = await schedules.create(spec);
    server.remove({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: spec.name, namespace } });
    expect(await schedules.create(spec)).toEqual(first);
    expect([(await made('CronJob')).length, (await made('ConfigMap')).length]).toEqual([1, 1]);
  });
});

describe('what is missing is named', () => {
  it('the template', async () => {
    server.remove({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'kubevuln-cronjob-template', namespace } });
    const { end } = await command(setVulnScan);
    expect(end.failure?.message).toBe(
      'the template kubevuln-cronjob-template makes no CronJob: configmaps "kubevuln-cronjob-template" not found',
    );
  });

  it.each([
    [{}, 'getCronJobTemplate: jobTemplate not found'],
    [{ cronjobTemplate: 'a: [' }, 'line 1: '],
    [{ cronjobTemplate: 'kind: Pod' }, 'apiVersion: '],
    [{ cronjobTemplate: template.replace('request-body-volume', 'other') }, 'no volume request-body-volume'],
  ])('what is wrong with it: %j', async (data, problem) => {
    server.put(configMap('kubevuln-cronjob-template', data));
    expect((await command(setVulnScan)).end.failure?.message).toContain(problem);
    expect(await made('CronJob')).toEqual([]);
  });

  it('the right', async () => {
    server.refuse({ group: 'batch', kind: 'CronJob' }, 403);
    const { end } = await command(setVulnScan);
    expect(end.failure?.message).toMatch(/does not let this operator create CronJob .*: cronjobs is forbidden/);
  });

  it('the cluster', async () => {
    await test.stop();
    test = testOperator();
    await test.operator.start();
    expect((await command(setVulnScan)).end.failure?.code).toBe('SCHEDULES_UNAVAILABLE');
  });
});

it('an API server that does not answer for a while delays the schedule', async () => {
  server.refuse({ group: 'batch', kind: 'CronJob' }, 503);
  const sent = command(setVulnScan);
  await server.requested((requests) =>
    requests.some(({ method, url }) => method === 'POST' && url.includes('cronjobs')),
  );
  server.refuse({ group: 'batch', kind: 'CronJob' }, undefined);
  expect((await sent).end.state).toBe('succeeded');
  expect(await made('CronJob')).toHaveLength(1);
});
