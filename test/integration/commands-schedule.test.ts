import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { createGrype, writeGrypeDatabase } from '@kso/engines';
import { freePort, pod, runningStatus, until } from '@kso/testkit';
import { type ControlPlane, controlPlanePrograms, startControlPlane } from '@kso/testkit/control-plane';
import { jinjaAdvisory } from '@kso/testkit/grype-database';
import { buildImage, debianBaseLayer, layer, pushImage, pythonPackage } from '@kso/testkit/images';
import { missingPrograms } from '@kso/testkit/programs';
import { startTestRedis, type TestRedis } from '@kso/testkit/redis';
import { type Registry, startRegistry } from '@kso/testkit/registry';
import type { KubeObject } from '@kso/wire';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { render } from '../chart/templates/rendered.ts';
import { type Deployable, startDeployable } from '../support/deployable.ts';
import { endpointClient } from '../support/endpoint-client.ts';

const clusterName = 'scheduled';
const suiteNamespace = 'kubescape';
const trigger = path.resolve(import.meta.dirname, '../../services/scheduler/src/main.ts');
const skipped = missingPrograms(...controlPlanePrograms, 'helm', 'docker-registry', 'redis-server', 'syft', 'grype');

/** A command as people write it, with the id that they follow it by. */
interface Sent {
  readonly commandName: string;
  readonly jobTracking: { readonly jobID: string };
  readonly [field: string]: unknown;
}

interface CommandView {
  readonly jobId: string;
  readonly parentId?: string;
  readonly state: string;
  readonly failure?: { readonly message: string };
  readonly jobs: { readonly total: number };
  readonly schedules?: readonly { readonly name: string }[];
}

/*
 * Who wants a recurring scan says so in one of three ways; from there on everything is the same: the operator's CronJob, the
 * controller's Job, what its pod runs, the scan, its report.
 */
describe.skipIf(skipped !== undefined)('a recurring scan by command, from its making to its end', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'kso-commands-'));
  const running: Deployable[] = [];
  let plane: ControlPlane;
  let registry: Registry;
  let redis: TestRedis;
  let urls: { readonly endpoint: string; readonly operator: string };

  beforeAll(async () => {
    [plane, registry, redis] = await Promise.all([
      startControlPlane({ controllerManager: true }),
      startRegistry(),
      startTestRedis(),
    ]);
    await plane.client.createNamespace(suiteNamespace);
    await plane.client.apply(fromChart());
    urls = await startServices();
  }, 240_000);

  afterAll(async () => {
    for (const { program } of running.toReversed()) await program.stop();
    await Promise.all([plane?.stop(), registry?.stop(), redis?.stop()]);
    rmSync(folder, { recursive: true, force: true });
  });

  it.concurrent.each([
    { way: 'from the CloudEndpoint through master and in-cluster gateway', name: 'gateway', send: overGateways },
    { way: 'as an OperatorCommand object', name: 'object', send: asObject },
    { way: 'by REST', name: 'rest', send: byRest },
  ])('$way', { timeout: 300_000 }, async ({ name: namespace, send }) => {
    const endpoint = endpointClient(urls.endpoint);
    await runWorkload(namespace);
    const set = {
      ...command('setVulnScanCronJob', { jobParams: { cronTabSchedule: '* * * * *' } }),
      wildWlid: `wlid://cluster-${clusterName}/namespace-${namespace}`,
    };
    await send(set);
    const made = await untilEnded(set.jobTracking.jobID);
    expect(made).toMatchObject({ state: 'succeeded' });
    const schedule = made.schedules?.[0]?.name ?? '';

    // The controller's own path: a Job when it is due, with a pod that nobody runs here but us.
    const job = await until(
      'the CronJob has made a Job',
      async () => {
        const jobs = await list('/apis/batch/v1', 'jobs');
        return jobs.find(({ metadata }) => metadata.ownerReferences?.some(({ name }) => name === schedule));
      },
      { within: 150_000 },
    );
    expect(await runPodOf(job)).toMatchObject({ code: 0, stdout: expect.stringContaining('response: ok') });

    const scan = await until('the scan has ended', async () => {
      const { jobs } = await ask<{ jobs: CommandView[] }>('/v1/jobs?state=complete&limit=500');
      return jobs.find(({ parentId, jobs: { total } }) => parentId === set.jobTracking.jobID && total > 0);
    });
    expect(scan).toMatchObject({ state: 'succeeded', jobs: { total: 1 } });
    await until('its report has arrived', async () => {
      const images = await endpoint.images(clusterName);
      return images.some(({ state, reference }) => state === 'scanned' && reference.includes(`${namespace}/web`));
    });
    await until('the CloudEndpoint knows how the jobs have ended', async () => {
      const jobs = new Map((await endpoint.jobs(clusterName)).map((each) => [each.jobId, each.status]));
      return jobs.get(set.jobTracking.jobID) === 'done' && jobs.get(scan.jobId) === 'success';
    });

    const remove = command('deleteVulnScanCronJob', { jobParams: { name: schedule } });
    await send(remove);
    expect(await untilEnded(remove.jobTracking.jobID)).toMatchObject({ state: 'succeeded' });
    await until('nothing of it is left', async () => {
      const lists = await Promise.all([
        list('/apis/batch/v1', 'cronjobs'),
        list('/apis/batch/v1', 'jobs'),
        list('/api/v1', 'configmaps'),
        list('/api/v1', 'pods'),
      ]);
      return lists.flat().every(({ metadata }) => !metadata.name.startsWith(schedule));
    });
  });

  async function overGateways(sent: Sent): Promise<void> {
    await until('the cluster is connected', async () => {
      const body = JSON.stringify({ cluster: clusterName, command: sent });
      const headers = { 'content-type': 'application/json' };
      return (await fetch(`${urls.endpoint}/api/commands`, { method: 'POST', headers, body })).status === 202;
    });
  }

  /** Its status tells the same end as the job does. */
  async function asObject({ jobTracking: { jobID }, ...rest }: Sent): Promise<void> {
    const object: KubeObject = {
      apiVersion: 'kubescape.io/v1alpha1',
      kind: 'OperatorCommand',
      metadata: {
        name: `command-${jobID.slice(0, 8)}`,
        namespace: suiteNamespace,
        labels: { 'kubescape.io/app-name': 'operator' },
      },
      spec: { guid: jobID, commandType: 'OperatorAPI', body: Buffer.from(JSON.stringify(rest)).toString('base64') },
    };
    await plane.client.apply([object]);
    const status = await until('the object is completed', async () => {
      const found = (await plane.client.get(object))?.['status'] as { completed?: boolean; error?: object } | undefined;
      return found?.completed === true && found;
    });
    expect(status.error).toBeUndefined();
  }

  async function byRest(sent: Sent): Promise<void> {
    const body = JSON.stringify({ commands: [sent] });
    const answer = await fetch(`${urls.operator}/v1/triggerAction`, { method: 'POST', body });
    expect([answer.status, await answer.text()]).toEqual([200, 'ok']);
  }

  async function ask<T>(pathname: string): Promise<T> {
    return (await (await fetch(`${urls.operator}${pathname}`)).json()) as T;
  }

  function untilEnded(jobId: string): Promise<CommandView> {
    return until(`command ${jobId} has ended`, async () => {
      const view = await ask<CommandView>(`/v1/jobs/${jobId}`);
      return view.state !== undefined && view.state !== 'running' && view;
    });
  }

  async function list(root: string, plural: string): Promise<readonly KubeObject[]> {
    const { items } = (await plane.client.http.json(`${root}/namespaces/${suiteNamespace}/${plural}`)) as {
      items: KubeObject[];
    };
    return items;
  }

  /** As a kubelet would: the arguments of the Job's pod, with the mounted body and the name of the Service resolved. */
  async function runPodOf(job: KubeObject): Promise<{ code: number; stdout: string; stderr: string }> {
    const { spec } = (job['spec'] as { template: { spec: PodSpec } }).template;
    const [container] = spec.containers;
    const mount = container.volumeMounts.find(({ name }) => name === 'request-body-volume');
    const volume = spec.volumes.find(({ name }) => name === mount?.name);
    const found = await plane.client.get({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: volume?.configMap?.name ?? '', namespace: suiteNamespace },
    });
    const file = path.join(folder, `${job.metadata.name}.json`);
    const data = (found?.['data'] ?? {}) as Record<string, string>;
    writeFileSync(file, data[mount?.subPath ?? ''] ?? '');
    const [program, ...given] = container.args;
    expect(program).toBe('trigger');
    const token = await projectToken(spec);
    const args = given.map((argument) =>
      argument
        .replace(/^-token-file=.*/, `-token-file=${token}`)
        .replace(mount?.mountPath ?? '', file)
        .replace('operator:4002', new URL(urls.operator).host),
    );
    try {
      return { code: 0, ...(await promisify(execFile)(process.execPath, [trigger, ...args])) };
    } catch (error) {
      return error as { code: number; stdout: string; stderr: string };
    }
  }

  /** The token of the pod's account, for whom the projected volume says. */
  async function projectToken({ serviceAccountName, volumes }: PodSpec): Promise<string> {
    const sources = volumes.flatMap(({ projected }) => projected?.sources ?? []);
    const audiences = sources.flatMap(({ serviceAccountToken }) => serviceAccountToken?.audience ?? []);
    expect(audiences).toHaveLength(1);
    const account = `/api/v1/namespaces/${suiteNamespace}/serviceaccounts/${serviceAccountName}/token`;
    const request = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { audiences } };
    const { status } = (await plane.client.http.json(account, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(request),
    })) as { status: { token: string } };
    const file = path.join(folder, `${serviceAccountName}.token`);
    writeFileSync(file, status.token);
    return file;
  }

  /** One vulnerable image of its own for each, and a pod that a kubelet would report as running it. */
  async function runWorkload(namespace: string): Promise<void> {
    await plane.client.createNamespace(namespace);
    const layers = [debianBaseLayer(), layer(pythonPackage('Jinja2', '2.10')), layer(pythonPackage(namespace, '1.0'))];
    const digest = await pushImage(registry.url, `${namespace}/web`, '1.0', buildImage({ layers }));
    const reference = `${registry.host}/${namespace}/web:1.0`;
    // A pod that nothing manages is left to the watchers while it is young.
    const web = pod({ name: 'web', namespace, image: reference, labels: { 'pod-template-hash': 'x' } });
    await plane.client.apply([web]);
    await plane.client.patch(web, { status: runningStatus(reference, digest) }, { subresource: 'status' });
  }

  async function startServices(): Promise<typeof urls> {
    const databaseDirectory = path.join(folder, 'grype');
    const file = path.join(folder, 'advisories.db');
    await writeGrypeDatabase({ file, advisories: [jinjaAdvisory], built: new Date() });
    const { database } = createGrype({ env: process.env, scratchRoot: folder, databaseDirectory });
    expect(await database.import(file)).toMatchObject({ outcome: 'changed' });

    const [endpoint, masterWs, masterRest, edgeWs, operator] = await Promise.all(Array.from({ length: 5 }, freePort));
    const local = (port: number | undefined) => `127.0.0.1:${port}`;
    const url = `http://${local(endpoint)}`;
    const redisAddress = local(redis.port);
    const start = async (name: string, prefix: string, env: Record<string, string>) => {
      const prefixed = Object.fromEntries(Object.entries(env).map(([key, value]) => [`${prefix}_${key}`, value]));
      running.push(await startDeployable({ name, prefix, folder, env: prefixed }));
    };
    await start('gateway', 'KSO_GATEWAY', { WEBSOCKET_PORT: String(masterWs), HTTP_PORT: String(masterRest) });
    await start('cloud-endpoint', 'KSO_CLOUD_ENDPOINT', {
      PORT: String(endpoint),
      COMMANDS_GATEWAY_URL: `http://${local(masterRest)}`,
    });
    await start('gateway', 'KSO_GATEWAY', {
      WEBSOCKET_PORT: String(edgeWs),
      HTTP_PORT: '0',
      MASTER_URL: `ws://${local(masterWs)}`,
    });
    await start('operator', 'KSO_OPERATOR', {
      PORT: String(operator),
      DATA_DIR: path.join(folder, 'operator'),
      CLUSTER_NAME: clusterName,
      NAMESPACE: suiteNamespace,
      KUBECONFIG: plane.kubeconfig,
      REDIS_ADDRESS: redisAddress,
      GATEWAY_URL: `ws://${local(edgeWs)}`,
      REPORTS_URL: url,
    });
    await start('kubevuln', 'KSO_KUBEVULN', {
      PORT: '0',
      DATA_DIR: path.join(folder, 'kubevuln'),
      DATABASE_DIRECTORY: databaseDirectory,
      DATABASE_UPDATE_ENABLED: 'false',
      PLAIN_HTTP_REGISTRIES: registry.host,
      REDIS_ADDRESS: redisAddress,
      REPORT_URL: url,
    });
    return { endpoint: url, operator: `http://${local(operator)}` };
  }
});

interface PodSpec {
  readonly containers: readonly [
    {
      readonly args: readonly string[];
      readonly volumeMounts: readonly {
        readonly name: string;
        readonly mountPath: string;
        readonly subPath?: string;
      }[];
    },
  ];
  readonly serviceAccountName: string;
  readonly volumes: readonly {
    readonly name: string;
    readonly configMap?: { readonly name: string };
    readonly projected?: {
      readonly sources: readonly { readonly serviceAccountToken?: { readonly audience?: string } }[];
    };
  }[];
}

function command(commandName: string, args: Record<string, unknown>): Sent {
  return { commandName, jobTracking: { jobID: randomUUID() }, args };
}

/** What the chart installs for this: templates of CronJobs, the accounts of their pods, the kind of command objects. */
function fromChart(): KubeObject[] {
  return render().filter(
    ({ kind, metadata: { name } }) =>
      name.endsWith('-cronjob-template') || kind === 'ServiceAccount' || name === 'operatorcommands.kubescape.io',
  );
}
