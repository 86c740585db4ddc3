import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { request as secureRequest } from 'node:https';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createLogger, createMetrics, noopTracer, systemClock } from '@kso/kit';
import { createBullQueue, type JobQueue } from '@kso/queue';
import { freePort, until } from '@kso/testkit';
import { type ControlPlane, controlPlanePrograms, startControlPlane } from '@kso/testkit/control-plane';
import { startProgram } from '@kso/testkit/process';
import { missingPrograms } from '@kso/testkit/programs';
import { startTestRedis, type TestRedis } from '@kso/testkit/redis';
import { type KubeObject, postureScanKind } from '@kso/wire';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { render } from '../chart/templates/rendered.ts';
import { type Deployable, startDeployable } from '../support/deployable.ts';

const namespace = 'kubescape';
const account = '1111-aaaa';
const clusterName = 'prod';
const skipped = missingPrograms(...controlPlanePrograms, 'helm', 'redis-server');

interface CommandView {
  readonly state: string;
  readonly failure?: { readonly code: string; readonly message: string };
  readonly children?: readonly { readonly state: string }[];
}

/* One operator as the chart runs it, with the chart's rights, while its surroundings fail one after the other. */
describe.skipIf(skipped !== undefined)('an operator among parts that fail', { timeout: 120_000 }, () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'kso-operator-faults-'));
  const running: Deployable[] = [];
  let plane: ControlPlane;
  let redis: TestRedis;
  let queue: JobQueue;
  let operator: Deployable;
  let url: string;
  let gateway: { readonly edge: number; readonly master: number; readonly rest: number };

  beforeAll(async () => {
    [plane, redis] = await Promise.all([startControlPlane(), startTestRedis()]);
    await plane.client.createNamespace(namespace);
    await plane.client.apply(fromChart());
    queue = await createBullQueue(
      { redis: { host: redis.host, port: redis.port } },
      {
        logger: createLogger({ service: 'test', level: 'silent' }),
        metrics: createMetrics(),
        tracer: noopTracer,
        clock: systemClock,
      },
    );
    gateway = { edge: await freePort(), master: await freePort(), rest: await freePort() };
    ({ deployable: operator, url } = await startOperator('operator', {
      REDIS_ADDRESS: `127.0.0.1:${redis.port}`,
      GATEWAY_URL: `ws://127.0.0.1:${gateway.edge}`,
      GATEWAY_TOKEN_FILE: await operatorToken(),
      GATEWAY_BACKOFF_MIN: '100ms',
      GATEWAY_BACKOFF_MAX: '1s',
    }));
  }, 120_000);

  afterAll(async () => {
    await queue?.close();
    for (const { program } of running.toReversed()) await program.stop();
    await Promise.all([plane?.stop(), redis?.stop()]);
    rmSync(folder, { recursive: true, force: true });
  });

  it('refuses a body of 10 MiB long before it has been sent', async () => {
    const limit = 10 * 1024 * 1024;
    const sent = await new Promise<{ status: number | undefined; bytes: number }>((resolve, reject) => {
      let bytes = 0;
      const post = request(`${url}/v1/triggerAction`, { method: 'POST' }, ({ statusCode }) => {
        post.destroy();
        resolve({ status: statusCode, bytes });
      });
      post.on('error', reject);
      const write = (): void => {
        bytes += 65_536;
        if (bytes < limit && !post.destroyed) post.write(Buffer.alloc(65_536, 0x20), () => setImmediate(write));
      };
      write();
    });
    expect(sent.status).toBe(413);
    expect(sent.bytes).toBeLessThan(limit);
    expect((await fetch(`${url}/v1/jobs`)).status).toBe(200);
  });

  it.each([
    ['vector 1: another method', { method: 'GET' }, [500, "method 'GET' not allowed"]],
    [
      'vector 2: a command that nobody knows',
      { method: 'POST', body: '{"Commands":[{"CommandName":"nope"}]}' },
      [200, 'ok'],
    ],
    ['vector 3: a command without a name', { method: 'POST', body: '{"commands":[{}]}' }, [200, 'ok']],
    ['vector 3: what is no JSON', { method: 'POST', body: '{' }, [500, expect.stringContaining('JSON')]],
  ])('answers %s', async (_name, init, expected) => {
    const answer = await fetch(`${url}/v1/triggerAction`, init);
    expect([answer.status, await answer.text()]).toEqual(expected);
  });

  it('names verb and resource of what it may not do', async () => {
    const rules = [{ apiGroups: [''], resources: ['configmaps'], verbs: ['get'] }];
    const token = await plane.mintToken({ namespace, name: 'may-nothing', rules });
    const { deployable, url: powerless } = await startOperator('powerless', {
      KUBECONFIG: plane.writeKubeconfig('powerless', token),
    });
    const failureOf = async (commandName: string, more: object) => {
      const id = await send(powerless, commandName, more);
      return (await untilEnded(powerless, id)).failure?.message;
    };
    const name = 'kubevuln-schedule-1';
    const cronTabSchedule = '0 3 * * *';
    const login = { type: 'credentials', username: 'robot', password: 'hunter2' };
    const registry = { registryName: 'registry.example.com', authMethod: login };
    const [set, remove, scan, scanRegistry] = await Promise.all([
      failureOf('setVulnScanCronJob', { ...everything, args: { jobParams: { cronTabSchedule } } }),
      failureOf('deleteVulnScanCronJob', { args: { jobParams: { name } } }),
      failureOf('scan', everything),
      failureOf('scanRegistry', { args: { 'registryInfo-v1': registry } }),
    ]);
    expect(set).toMatch(
      /create CronJob kubevuln-schedule-\d+: .*cannot create resource "cronjobs" in API group "batch"/,
    );
    expect(remove).toMatch(/get CronJob kubevuln-schedule-1: .*cannot get resource "cronjobs" in API group "batch"/);
    expect(scan).toMatch(/cannot list resource "pods"/);
    expect(scanRegistry).toMatch(/create Secret \S+: .*cannot create resource "secrets" in API group ""/);
    expect(scanRegistry).not.toContain('hunter2');
    expect((await fetch(`${deployable.healthUrl}/v1/readiness`)).status).toBe(200);
  });

  it('speaks TLS with what flags name, and ignores the flags of former charts', async () => {
    const [certFile, keyFile] = [path.join(folder, 'tls.crt'), path.join(folder, 'tls.key')];
    const openssl = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '1'];
    execFileSync('openssl', [...openssl, '-subj', '/CN=operator', '-keyout', keyFile, '-out', certFile], {
      stdio: 'ignore',
    });
    const [port, healthPort] = [await freePort(), await freePort()];
    const program = await startProgram({
      program: process.execPath,
      args: [operatorMain, '-alsologtostderr', '-v=4', '2>&1', `-tlsCertFile=${certFile}`, `-tlsKeyFile=${keyFile}`],
      env: {
        KSO_OPERATOR_PORT: String(port),
        KSO_OPERATOR_HEALTH_PORT: String(healthPort),
        KSO_OPERATOR_DATA_DIR: path.join(folder, 'tls'),
        KUBECONFIG: plane.kubeconfig,
      },
      logFile: path.join(folder, 'tls.log'),
      ready: async () => (await fetch(`http://127.0.0.1:${healthPort}/v1/readiness`)).status === 200,
    });
    expect(await secureStatus(`https://127.0.0.1:${port}/v1/jobs`)).toBe(200);
    await program.stop();
  });

  it('is ready while no scanner is there; the command stays open until one comes', async () => {
    const id = await send(url, 'kubescapeScan', { args: { scanV1: {} } });
    const waiting = await until('its job waits', async () => {
      const view = await jobOf(url, id);
      return view.children?.length === 1 && view;
    });
    expect(waiting).toMatchObject({ state: 'running', children: [{ state: 'waiting' }] });
    expect((await fetch(`${operator.healthUrl}/v1/readiness`)).status).toBe(200);
    const worker = queue.work(postureScanKind, { concurrency: 2 }, async () => null);
    expect(await untilEnded(url, id)).toMatchObject({ state: 'succeeded' });
    await worker.close(1000);
  });

  it('B39 says that Redis is away and when to come again, and goes on with what it has taken', async () => {
    const before = await send(url, 'kubescapeScan', { args: { scanV1: {} } });
    await redis.kill();
    const body = JSON.stringify({ commands: [{ commandName: 'kubescapeScan', args: { scanV1: {} } }] });
    const refused = await fetch(`${url}/v1/triggerAction`, { method: 'POST', body });
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '5']);
    await until('it is not ready', async () => {
      const readiness = await fetch(`${operator.healthUrl}/v1/readiness`);
      return readiness.status === 503 && (await readiness.text()).includes('Redis at');
    });
    expect((await fetch(`${operator.healthUrl}/v1/liveness`)).status).toBe(200);
    await redis.restart();
    const after = await until('commands are taken again', () => send(url, 'kubescapeScan', { args: { scanV1: {} } }));
    const worker = queue.work(postureScanKind, { concurrency: 2 }, async () => null);
    for (const id of [before, after]) expect(await untilEnded(url, id)).toMatchObject({ state: 'succeeded' });
    await worker.close(1000);
  });

  it('finishes what it was told while the API server restarted, and hears of objects afterwards', async () => {
    const restarted = plane.restartApiServer();
    const args = { jobParams: { cronTabSchedule: '0 3 * * *' } };
    const id = await send(url, 'setVulnScanCronJob', { ...everything, args });
    await restarted;
    expect(await untilEnded(url, id)).toMatchObject({ state: 'succeeded' });

    const list = (await plane.client.http.json(`/apis/batch/v1/namespaces/${namespace}/cronjobs`)) as List;
    expect(list.items).toHaveLength(1);
    const object = orderOf({ commandName: 'operatorAction', args: { action: 'annotate', target } });
    await plane.client.apply([object]);
    await until('the object is completed', async () => {
      const found = (await plane.client.get(object))?.['status'] as { completed?: boolean } | undefined;
      return found?.completed === true;
    });
  });

  it('is ready without gateways, and hears them again when they come back', async () => {
    const readiness = await fetch(`${operator.healthUrl}/v1/readiness`);
    expect([readiness.status, await readiness.text()]).toEqual([200, 'operator: no connection to the gateway']);
    for (let started = 0; started < 2; started += 1) {
      const gateways = [
        await startGateway({ WEBSOCKET_PORT: String(gateway.master), HTTP_PORT: String(gateway.rest) }),
        await startGateway({
          WEBSOCKET_PORT: String(gateway.edge),
          HTTP_PORT: '0',
          MASTER_URL: `ws://127.0.0.1:${gateway.master}`,
          ACCESS_ACCOUNTS: `${namespace}/operator`,
        }),
      ];
      const id = randomUUID();
      await until('a command arrives over both', async () => {
        await notify({
          commandName: 'operatorAction',
          args: { action: 'annotate', target },
          jobTracking: { jobID: id },
        });
        return (await jobOf(url, id)).state === 'succeeded';
      });
      for (const { program } of gateways) {
        program.kill('SIGKILL');
        await program.ended;
      }
    }
  });

  async function startOperator(name: string, env: Record<string, string>) {
    const port = await freePort();
    const token = await plane.mintToken({ namespace, name: 'operator', rules: [] });
    const settings = {
      PORT: String(port),
      DATA_DIR: path.join(folder, name),
      CLUSTER_NAME: clusterName,
      ACCOUNT: account,
      NAMESPACE: namespace,
      KUBECONFIG: plane.writeKubeconfig('operator', token),
      ...env,
    };
    const deployable = await start('operator', 'KSO_OPERATOR', settings);
    return { deployable, url: `http://127.0.0.1:${port}` };
  }

  /** As the kubelet would project it, for those who check tokens. */
  async function operatorToken(): Promise<string> {
    const request = {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec: { audiences: ['kubescape-operator'] },
    };
    const account = `/api/v1/namespaces/${namespace}/serviceaccounts/operator/token`;
    const headers = { 'content-type': 'application/json' };
    const init = { method: 'POST', headers, body: JSON.stringify(request) };
    const { status } = (await plane.client.http.json(account, init)) as { status: { token: string } };
    const file = path.join(folder, 'operator.token');
    writeFileSync(file, status.token);
    return file;
  }

  const startGateway = (env: Record<string, string>) => start('gateway', 'KSO_GATEWAY', env);

  async function start(name: string, prefix: string, env: Record<string, string>): Promise<Deployable> {
    const prefixed = Object.fromEntries(Object.entries(env).map(([key, value]) => [`${prefix}_${key}`, value]));
    const deployable = await startDeployable({
      name,
      prefix,
      folder,
      env: { KUBECONFIG: plane.kubeconfig, ...prefixed },
    });
    running.push(deployable);
    return deployable;
  }

  async function notify(command: object): Promise<void> {
    const notification = {
      target: { customerGUID: account, clusterName, dest: 'trigger' },
      notification: { commands: [command] },
    };
    const body = JSON.stringify(notification);
    await fetch(`http://127.0.0.1:${gateway.rest}/v1/sendnotification`, { method: 'POST', body });
  }
});

const operatorMain = path.resolve(import.meta.dirname, '../../services/operator/src/main.ts');

function secureStatus(url: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const asked = secureRequest(url, { rejectUnauthorized: false, agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    asked.on('error', reject).end();
  });
}

const everything = { designators: [{ designatorType: 'Attributes', attributes: {} }] };
const target = { kind: 'Deployment', namespace: 'payments', name: 'api' };

interface List {
  readonly items: readonly KubeObject[];
}

/** @throws when it is not taken */
async function send(url: string, commandName: string, more: object): Promise<string> {
  const jobID = randomUUID();
  const body = JSON.stringify({ commands: [{ commandName, jobTracking: { jobID }, ...more }] });
  const answer = await fetch(`${url}/v1/triggerAction`, { method: 'POST', body });
  if (answer.status !== 200) throw new Error(`status ${answer.status}`);
  return jobID;
}

async function jobOf(url: string, id: string): Promise<CommandView> {
  return (await (await fetch(`${url}/v1/jobs/${id}`)).json()) as CommandView;
}

function untilEnded(url: string, id: string): Promise<CommandView> {
  return until(
    `command ${id} has ended`,
    async () => {
      const view = await jobOf(url, id);
      return ['succeeded', 'failed', 'partial'].includes(view.state) && view;
    },
    { within: 60_000 },
  );
}

function orderOf(command: object): KubeObject {
  return {
    apiVersion: 'kubescape.io/v1alpha1',
    kind: 'OperatorCommand',
    metadata: { name: 'plan', namespace, labels: { 'kubescape.io/app-name': 'operator' } },
    spec: {
      guid: randomUUID(),
      commandType: 'OperatorAPI',
      body: Buffer.from(JSON.stringify(command)).toString('base64'),
    },
  };
}

/** What the chart installs for the operator: its account and rights, templates of CronJobs, the kind of command objects. */
function fromChart(): KubeObject[] {
  const rights = new Set(['ServiceAccount', 'Role', 'RoleBinding', 'ClusterRole', 'ClusterRoleBinding']);
  return render().filter(
    ({ kind, metadata: { name } }) =>
      rights.has(kind) || name.endsWith('-cronjob-template') || name === 'operatorcommands.kubescape.io',
  );
}
