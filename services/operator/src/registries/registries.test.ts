import { createLogger, createMetrics, systemClock } from '@kso/kit';
import { createKubeClient, type KubeClient } from '@kso/kube';
import { type FakeApiServer, startFakeApiServer } from '@kso/kube/testing';
import { type FakeCatalogues, fakeCatalogues } from '@kso/registry/testing';
import type { ImageScanJob, KubeObject } from '@kso/wire';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { clusterCommandObjects } from '../custom-resources/command-objects.ts';
import { operatorCommands } from '../custom-resources/operator-command.ts';
import { clusterSchedules } from '../schedules/cluster-schedules.ts';
import type { ScheduleStore } from '../schedules/schedule.ts';
import type { CommandView } from '../service.ts';
import { patiently, type TestOperator, testOperator, workOn } from '../testing/test-operator.ts';
import { clusterRegistries } from './cluster-registries.ts';

const namespace = 'kubescape';
const password = 'hunter2';
const template = `apiVersion: batch/v1
kind: CronJob
metadata: {name: registry-scheduler, labels: {armo.tier: registry-scan, other: label}}
spec:
  schedule: "0 0 * * *"
  jobTemplate:
    spec:
      backoffLimit: 3
      template:
        metadata: {labels: {armo.tier: registry-scan}}
        spec:
          containers: [{name: registry-scheduler, image: registry.example.com/suite:1}]
          volumes: [{name: request-body-volume, configMap: {name: registry-scheduler}}]
`;

const base = {
  logger: createLogger({ service: 'test', level: 'silent' }),
  metrics: createMetrics(),
  clock: systemClock,
};

let server: FakeApiServer;
let client: KubeClient;
let test: TestOperator;
let catalogues: FakeCatalogues;

beforeEach(async () => {
  server = await startFakeApiServer();
  const verbs = ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'];
  server.serve({ ...operatorCommands, version: 'v1alpha1', plural: 'operatorcommands', namespaced: true, verbs });
  client = createKubeClient(server.connection(), { clock: systemClock, userAgent: 'kso-test' });
  put('ConfigMap', 'registry-scan-cronjob-template', { data: { cronjobTemplate: template } });
  catalogues = fakeCatalogues({
    'team/api': ['1.4.2', '1.4.1', 'sha256-0000.sig'],
    'team/web': ['2.0.0', 'latest', '1.9.0'],
    'team/broken': { outcome: 'unreachable', detail: 'status 500' },
    'other/x': ['1'],
  });
  test = testOperator({
    ports: {
      commandObjects: clusterCommandObjects(client, namespace, base),
      schedules: clusterSchedules(client, namespace, base.logger),
      registries: { catalogues, store: clusterRegistries(client, namespace) },
    },
  });
  await test.operator.start();
});

afterEach(async () => {
  await test.stop();
  await client.close();
  await server.stop();
});

function put(kind: string, name: string, more: object): KubeObject {
  return server.put({ apiVersion: 'v1', kind, metadata: { name, namespace }, ...more });
}

async function command(commandName: string, args: object, jobID = 'J'): Promise<CommandView> {
  await test.post({ commands: [{ commandName, jobTracking: { jobID }, args }] });
  const get = () => test.get<CommandView>(`/v1/jobs/${jobID}`);
  await expect.poll(async () => (await test.queue.getParent(jobID))?.sealed, patiently).toBe(true);
  return get();
}

async function jobs(): Promise<ImageScanJob[]> {
  const found = await test.queue.list({ kind: 'image-scan', limit: 1000 });
  return found.map(({ payload }) => payload as unknown as ImageScanJob);
}

async function names(kind: 'Secret' | 'ConfigMap' | 'Job' | 'CronJob'): Promise<string[]> {
  const found: string[] = [];
  const group = kind === 'Job' || kind === 'CronJob' ? 'batch' : '';
  for await (const page of client.list({ group, kind }, { namespace }))
    found.push(...page.map(({ metadata }) => metadata.name));
  return found.filter((name) => !name.endsWith('-template'));
}

interface WithData extends KubeObject {
  readonly data: Readonly<Record<string, string>>;
}

async function object(kind: string, name: string): Promise<WithData> {
  const group = kind === 'Job' || kind === 'CronJob' ? 'batch' : '';
  const found = await client.get({ group, kind }, namespace, name);
  if (found.outcome !== 'found') throw new Error(`${kind} ${name}: ${found.detail}`);
  return found.object as WithData;
}

const secretText = async (name: string): Promise<unknown> =>
  JSON.parse(Buffer.from((await object('Secret', name)).data['registriesAuth'] ?? '', 'base64').toString('utf8'));

/** Nobody keeps the password: neither queue nor log nor anything else than a Secret. */
async function expectNoPassword(): Promise<void> {
  const parents = await test.queue.listParents({ limit: 100 });
  const queued = await test.queue.list({ limit: 1000 });
  const bodies = await Promise.all((await names('ConfigMap')).map((name) => object('ConfigMap', name)));
  expect(JSON.stringify([parents, queued, test.log, test.reports(), bodies])).not.toContain(password);
}

const registry = (more: object = {}) => ({
  'registryInfo-v1': { registryName: 'https://Harbor.example.com/team/', registryProvider: 'harbor', ...more },
});
const withLogin = { authMethod: { type: 'credentials', username: 'robot', password } };

describe('a scan of a registry', () => {
  it('is one job for the newest images of each repository, with the name of the Secret that has its login', async () => {
    const auth = [
      { registry: 'other.example.com', username: 'x', password: 'y' },
      { registry: 'harbor.example.com', username: 'robot', password, auth_method: 'credentials', skipTLSVerify: true },
    ];
    const data = { registriesAuth: Buffer.from(JSON.stringify(auth)).toString('base64') };
    put('Secret', 'kubescape-registry-scan-secrets', { data });
    const registries = [{ registry: 'harbor.example.com/team', depth: 2, exclude: ['web'] }];
    put('ConfigMap', 'kubescape-registry-scan', { data: { registries: JSON.stringify(registries) } });
    const view = await command('scanRegistry', registry());
    expect(view).toMatchObject({
      target: 'registryName: harbor.example.com/team',
      errors: ['team/broken: the registry cannot be reached (status 500)'],
    });
    const found = (await jobs()).toSorted((a, b) => a.imageTag.localeCompare(b.imageTag));
    expect(found.map(({ imageTag }) => imageTag)).toEqual([
      'harbor.example.com/team/api:1.4.1',
      'harbor.example.com/team/api:1.4.2',
    ]);
    expect(found[1]).toMatchObject({
      registrySecret: 'kubescape-registry-scan-secrets',
      skipTLSVerify: true,
      registryScan: { registryName: 'harbor.example.com/team', repository: 'api', tag: '1.4.2', sensor: 'prod' },
      sessionJobIds: ['J', expect.any(String) as string],
    });
    expect(catalogues.asked[0]).toMatchObject({
      registry: 'harbor.example.com/team',
      provider: 'harbor',
      login: { username: 'robot', password },
    });
    workOn(test.queue);
    await expect.poll(() => test.get('/v1/jobs/J'), patiently).toMatchObject({ state: 'succeeded' });
    await expectNoPassword();
  });

  it('with a login of its own keeps that in a Secret as long as it takes', async () => {
    await command('scanRegistry', registry({ ...withLogin, include: ['api'] }));
    const [secret = ''] = await names('Secret');
    expect(await secretText(secret)).toEqual([
      { registry: 'harbor.example.com/team', username: 'robot', password, auth_method: 'credentials' },
    ]);
    expect(await jobs()).toMatchObject([{ registrySecret: secret, imageTag: 'harbor.example.com/team/api:1.4.2' }]);
    workOn(test.queue);
    await expect.poll(() => names('Secret'), patiently).toEqual([]);
    await expectNoPassword();
  });

  it.each([
    ['an unknown provider', registry({ registryProvider: 'dockerhubby' }), 'REGISTRY_PROVIDER'],
    ['no registry', {}, 'REGISTRY_INVALID'],
    ['include and exclude', registry({ include: ['a'], exclude: ['b'] }), 'REGISTRY_INVALID'],
    ['an unknown way to log in', registry({ authMethod: { type: 'guess' } }), 'REGISTRY_INVALID'],
    ['a Secret of somebody else', registry({ secretName: 'cloud-secret' }), 'REGISTRY_INVALID'],
    ['no name', registry({ registryName: 'https://' }), 'REGISTRY_INVALID'],
    [
      'a login in its name',
      registry({ registryName: `https://robot:${password}@harbor.example.com` }),
      'REGISTRY_INVALID',
    ],
    ['a Secret that is not there', registry({ secretName: 'kubescape-registry-scan-1' }), 'REGISTRY_LOGIN'],
  ])('with %s is refused', async (_case, args, code) => {
    expect(await command('scanRegistry', args)).toMatchObject({ state: 'failed', failure: { code } });
    expect(await names('Secret')).toEqual([]);
    await expectNoPassword();
  });

  it.each([
    ['by http', { registryName: 'http://harbor.example.com' }, { plainHttp: true }],
    ['with an identity', { authMethod: { type: 'ips' } }, { cloud: { type: 'ambient' } }],
    ['by the kind', { registryProvider: '', kind: 'QUAY' }, { provider: 'quay' }],
  ])('is reached %s', async (_case, info, target) => {
    await command('scanRegistry', registry(info));
    expect(catalogues.asked[0]).toMatchObject(target);
  });

  it('with a Secret that holds nothing usable is refused', async () => {
    const registriesAuth = Buffer.from(`[{"registry":"harbor.example.com","password":"${password}"}]`).toString(
      'base64',
    );
    put('Secret', 'kubescape-registry-scan-secrets', { data: { registriesAuth } });
    const message = /registriesAuth\[0\]: user or password is missing$/;
    expect((await command('scanRegistry', registry())).failure?.message).toMatch(message);
    await expectNoPassword();
  });

  it('that cannot be read fails with the reason', async () => {
    catalogues.failure = { outcome: 'unauthorized', detail: 'denied' };
    const message = 'the registry harbor.example.com/team cannot be read: the registry did not let us in (denied)';
    expect(await command('scanRegistry', registry())).toMatchObject({ failure: { code: 'REGISTRY_FAILED', message } });
  });
});

describe('a test of a registry', () => {
  const stages = () => test.reports().map(({ status, details }) => [status, details]);

  it('tells each stage, and then what the registry has', async () => {
    expect(await command('testRegistryConnectivity', registry(withLogin))).toMatchObject({ state: 'succeeded' });
    const [started, handling, ...told] = stages();
    expect([started, handling]).toEqual([
      ['started', undefined],
      ['started', 'Handling single request'],
    ]);
    expect(told).toEqual([
      [undefined, undefined],
      ['success', 'registryInformation'],
      ['success', 'registryAuthentication'],
      ['success', 'retrieveRepositories'],
      ['success', 'retrieveTags'],
      ['done', undefined],
    ]);
    expect(await names('Secret')).toEqual([]);
    await expectNoPassword();
  });

  it('ends with the stage that failed', async () => {
    catalogues.failure = { outcome: 'unauthorized', detail: 'denied' };
    await command('testRegistryConnectivity', registry());
    expect(stages().slice(2)).toEqual([
      ['success', 'registryInformation'],
      ['failure', 'registryAuthentication'],
    ]);
  });
});

describe('a recurring scan of a registry', () => {
  const jobParams = { cronTabSchedule: '0 5 * * *' };

  it('is Secret, CronJob and ConfigMap of one name, and leaves nothing behind when it is deleted', async () => {
    const set = await command('setRegistryScanCronJob', { ...registry({ ...withLogin, depth: 3 }), jobParams });
    const name = set.schedules?.[0]?.name ?? '';
    expect(name).toMatch(/^kubescape-registry-scan-\d+$/);
    expect([await names('Secret'), await names('CronJob'), await names('ConfigMap')]).toEqual([[name], [name], [name]]);
    expect(await object('CronJob', name)).toMatchObject({
      spec: {
        schedule: '0 5 * * *',
        jobTemplate: {
          spec: { template: { metadata: { annotations: { 'armo.cloud/registryname': 'harbor.example.com/team' } } } },
        },
      },
    });
    const { commands } = JSON.parse((await object('ConfigMap', name)).data['request-body.json'] ?? '') as {
      commands: unknown;
    };
    expect(commands).toMatchObject([
      {
        commandName: 'scanRegistry',
        args: { 'registryInfo-v1': { depth: 3, authMethod: { type: 'credentials' }, secretName: name } },
      },
    ]);
    await expectNoPassword();

    const other = { authMethod: { ...withLogin.authMethod, username: 'robot2' } };
    const update = await command('updateRegistryScanCronJob', { ...registry(other), jobParams: { name } }, 'U');
    expect(update).toMatchObject({ state: 'succeeded', schedules: [{ cron: '0 5 * * *' }] });
    expect(await secretText(name)).toMatchObject([{ username: 'robot2' }]);
    expect(await names('Secret')).toEqual([name]);

    expect(await command('deleteRegistryScanCronJob', { jobParams: { name } }, 'D')).toMatchObject({
      state: 'succeeded',
    });
    expect([await names('Secret'), await names('CronJob'), await names('ConfigMap')]).toEqual([[], [], []]);
  });

  it.each([
    ['that is not there', undefined, 'SCHEDULE_UNKNOWN'],
    ['that somebody else has made', { spec: { schedule: '0 1 * * *' } }, 'SCHEDULE_REFUSED'],
  ])('a new login for a schedule %s touches no Secret', async (_what, theirs, code) => {
    const name = 'kubescape-registry-scan-999';
    const data = { value: 'bWluZQ==' };
    put('Secret', name, { data });
    if (theirs !== undefined)
      server.put({ apiVersion: 'batch/v1', kind: 'CronJob', metadata: { name, namespace }, ...theirs });
    const args = { ...registry(withLogin), jobParams: { Name: name } };
    expect(await command('updateRegistryScanCronJob', args)).toMatchObject({ state: 'failed', failure: { code } });
    expect(await names('Secret')).toEqual([name]);
    expect((await object('Secret', name)).data).toEqual(data);
    await expectNoPassword();
  });

  it('that is cancelled before it is made leaves no Secret behind', async () => {
    const gate = Promise.withResolvers<void>();
    const { schedules } = test.ports;
    vi.spyOn(schedules as ScheduleStore, 'create').mockImplementation(async () => {
      await gate.promise;
      throw new Error('too late');
    });
    const args = { ...registry(withLogin), jobParams: { cronTabSchedule: '0 5 * * *' } };
    await test.post({ commands: [{ commandName: 'setRegistryScanCronJob', jobTracking: { jobID: 'J' }, args }] });
    expect(await names('Secret')).toHaveLength(1);
    const answer = await test.operator.app.inject({ method: 'DELETE', url: '/v1/jobs/J' });
    expect(answer.statusCode).toBe(200);
    expect(await names('Secret')).toEqual([]);
    gate.resolve();
  });

  it('without a schedule leaves no Secret behind', async () => {
    expect(await command('setRegistryScanCronJob', registry(withLogin))).toMatchObject({
      failure: { message: 'schedule cannot be empty' },
    });
    expect(await names('Secret')).toEqual([]);
  });
});

describe('registry objects', () => {
  const resourceName = 'kubescape-registry-scan-77';
  const harbor = {
    guid: 'g-1',
    name: 'our harbor',
    provider: 'harbor',
    clusterName: 'prod',
    repositories: ['team/api', 'team/web'],
    scanFrequency: '0 6 * * *',
    resourceName,
    instanceURL: 'https://harbor.example.com',
    username: 'robot',
    password,
  };

  async function order(commandType: string, body: unknown, name = commandType.toLowerCase()) {
    server.put({
      apiVersion: 'kubescape.io/v1alpha1',
      kind: 'OperatorCommand',
      metadata: {
        name,
        namespace,
        labels: { 'kubescape.io/app-name': 'operator' },
        creationTimestamp: new Date().toISOString(),
      },
      spec: { guid: name, commandType, body: Buffer.from(JSON.stringify(body)).toString('base64') },
    });
    const status = async () => {
      const found = await client.get(operatorCommands, namespace, name);
      return found.outcome === 'found' ? (found.object['status'] as Status | undefined) : undefined;
    };
    await expect.poll(async () => (await status())?.completed, patiently).toBe(true);
    return (await status()) ?? {};
  }

  interface Status {
    readonly completed?: boolean;
    readonly error?: { readonly message: string };
    readonly payload?: string;
  }

  it('are made, run at once, changed and taken down again', async () => {
    expect((await order('CreateRegistry', harbor)).error).toBeUndefined();
    for (const kind of ['Secret', 'ConfigMap', 'Job', 'CronJob'] as const)
      expect(await names(kind)).toEqual([resourceName]);
    expect(await secretText(resourceName)).toEqual({
      instanceURL: 'https://harbor.example.com',
      username: 'robot',
      password,
    });
    const body = (await object('ConfigMap', resourceName)).data['request-body.json'] ?? '';
    expect(body).toContain('"jobTracking":{"timestamp":"0001-01-01T00:00:00Z"}');
    expect(await object('CronJob', resourceName)).toMatchObject({
      metadata: { labels: { app: resourceName } },
      spec: { schedule: '0 6 * * *', timeZone: 'Etc/UTC' },
    });
    expect(await object('Job', resourceName)).toMatchObject({
      spec: {
        backoffLimit: 3,
        template: { spec: { volumes: [{ name: 'request-body-volume', configMap: { name: resourceName } }] } },
      },
    });

    // What the Job sends.
    expect((await test.post(body)).body).toBe('ok');
    await expect.poll(jobs, patiently).toHaveLength(2);
    expect((await jobs()).toSorted((a, b) => a.imageTag.localeCompare(b.imageTag))).toMatchObject([
      {
        imageTag: 'harbor.example.com/team/api:1.4.2',
        registrySecret: resourceName,
        registryScan: { registryName: 'our harbor', repository: 'api', registryID: 'g-1', imagesCount: 2 },
      },
      { imageTag: 'harbor.example.com/team/web:latest' },
    ]);

    const { scanFrequency: _, ...once } = harbor;
    expect((await order('UpdateRegistry', once)).error).toBeUndefined();
    expect(await names('CronJob')).toEqual([]);
    const { guid, name, provider } = harbor;
    expect((await order('DeleteRegistry', { guid, name, provider, resourceName })).error).toBeUndefined();
    for (const kind of ['Secret', 'ConfigMap', 'Job', 'CronJob'] as const) expect(await names(kind)).toEqual([]);
    await expectNoPassword();
  });

  it('are looked into', async () => {
    const { payload = '' } = await order('CheckRegistry', harbor);
    expect(JSON.parse(Buffer.from(payload, 'base64').toString('utf8'))).toEqual([
      'team/api',
      'team/web',
      'team/broken',
      'other/x',
    ]);
  });

  it('are refused where kubevuln is off', async () => {
    await test.stop();
    test = testOperator({
      config: { disabledComponents: ['kubevuln'] },
      ports: { commandObjects: clusterCommandObjects(client, namespace, base) },
    });
    await test.operator.start();
    expect((await order('CheckRegistry', harbor)).error).toEqual({ message: 'kubevuln is not enabled' });
  });

  it('vector 21: of an unknown provider are an error, and the operator goes on', async () => {
    const { error } = await order('CheckRegistry', { ...harbor, provider: 'dockerhubby' });
    expect(error).toEqual({ message: 'the registry provider dockerhubby is not known' });
    expect((await order('CheckRegistry', harbor, 'again')).error).toBeUndefined();
  });

  it('without a template are not made, and nothing is left of them', async () => {
    server.remove({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'registry-scan-cronjob-template', namespace },
    });
    expect((await order('CreateRegistry', harbor)).error?.message).toBe(
      'the template registry-scan-cronjob-template makes no CronJob: configmaps "registry-scan-cronjob-template" not found',
    );
    for (const kind of ['Secret', 'ConfigMap', 'Job', 'CronJob'] as const) expect(await names(kind)).toEqual([]);
  });

  it('whose objects may not be written are refused by verb and kind', async () => {
    server.refuse({ group: '', kind: 'Secret' }, 403);
    expect((await order('CreateRegistry', harbor)).error?.message).toMatch(
      /^the cluster does not let this operator create Secret kubescape-registry-scan-77: secrets is forbidden/,
    );
  });

  it.each([
    ['no JSON object', 'text', 'it is no object'],
    ['the name of another Secret', { ...harbor, resourceName: 'cloud-secret' }, 'resourceName must begin with'],
    ['a schedule that never comes', { ...harbor, scanFrequency: '0 0 31 2 *' }, 'scanFrequency:'],
    ['fields of a wrong type', { ...harbor, password: { a: password } }, 'missing or of a wrong type: password'],
  ])('with %s are refused', async (_case, body, message) => {
    const { error } = await order('CreateRegistry', body);
    expect(error?.message).toContain(message);
    expect(JSON.stringify([error, test.log])).not.toContain(password);
    expect(await names('Secret')).toEqual([]);
  });
});
