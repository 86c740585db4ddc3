import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { freePort } from '@kso/testkit';
import { type ControlPlane, startControlPlane } from '@kso/testkit/control-plane';
import { startTestRedis, type TestRedis } from '@kso/testkit/redis';
import type { KubeObject } from '@kso/wire';
import { load } from 'js-yaml';
import { type Deployable, type DeployableOptions, startDeployable } from './deployable.ts';

/** Processes that scan a folder of manifests and may be killed and started again, at the same addresses and on the same data. */
export interface ScanFleet {
  /** Deployments `nameOf(0)` to `nameOf(workloads - 1)` are in the folder. */
  readonly workloads: number;
  readonly operator: string;
  readonly endpoint: string;
  /** Websocket side of the gateway that the operator listens to. */
  readonly gateway: string;
  /** Where it takes OperatorCommand objects. */
  readonly plane?: ControlPlane;
  /** What may be killed; `redis` where the queue is not in the process. */
  readonly services: readonly string[];
  /** SIGKILL. */
  kill(service: string): Promise<void>;
  start(service: string): Promise<void>;
  stop(): Promise<void>;
}

export const clusterName = 'chaos';
/** Of OperatorCommand objects. */
export const commandNamespace = 'kubescape';

/** Everything in one process, the queue with its journal. */
export async function startOneProcess(workloads: number): Promise<ScanFleet> {
  const folder = makeFolder(workloads);
  const [endpoint, operator, gateway] = await ports();
  const anyPort = ['GATEWAY', 'SCANNER', 'KUBEVULN'].map((name) => [`KSO_SUITE_PORTS_${name}`, '0']);
  const suite: DeployableOptions = {
    name: 'suite',
    prefix: 'KSO_SUITE',
    healthPort: 'PORTS_HEALTH',
    probe: 'liveness',
    folder,
    env: {
      ...Object.fromEntries(anyPort),
      ...withoutEngines(folder),
      KSO_SUITE_PORTS_ENDPOINT: String(endpoint),
      KSO_SUITE_PORTS_OPERATOR: String(operator),
      KSO_SUITE_PORTS_GATEWAY_WS: String(gateway),
      KSO_SUITE_DATA_DIR: path.join(folder, 'data'),
      KSO_SUITE_CLUSTER_NAME: clusterName,
      KSO_SUITE_TARGET_TYPE: 'manifests',
      KSO_SUITE_TARGET_PATH: path.join(folder, 'manifests'),
      KSO_SUITE_IMAGES_AT_START: 'none',
      KSO_SUITE_IMAGES_UPDATE_DATABASE: 'false',
      KSO_SUITE_SCHEDULE_ENABLED: 'false',
    },
  };
  return startFleet({ folder, options: [suite], workloads, ports: { endpoint, operator, gateway } });
}

/** Operator, gateway, scanner and CloudEndpoint as processes of their own around a Redis; `objects`: and around a control plane. */
export async function startProcesses(workloads: number, { objects = false } = {}): Promise<ScanFleet> {
  const folder = makeFolder(workloads);
  const [redis, plane] = await Promise.all([startTestRedis(), objects ? startCommandObjects() : undefined]);
  const [endpoint, operator, gateway] = await ports();
  const endpointUrl = `http://127.0.0.1:${endpoint}`;
  const redisAddress = `127.0.0.1:${redis.port}`;
  const cloudEndpoint: DeployableOptions = {
    name: 'cloud-endpoint',
    prefix: 'KSO_CLOUD_ENDPOINT',
    folder,
    env: {
      KSO_CLOUD_ENDPOINT_PORT: String(endpoint),
      KSO_CLOUD_ENDPOINT_DATA_DIR: path.join(folder, 'endpoint'),
    },
  };
  const scanner: DeployableOptions = {
    name: 'kubescape-scanner',
    prefix: 'KSO_SCANNER',
    // It starts also while Redis is away.
    probe: 'liveness',
    folder,
    env: {
      KSO_SCANNER_PORT: '0',
      KSO_SCANNER_DATA_DIR: path.join(folder, 'scanner'),
      KSO_SCANNER_CLUSTER_NAME: clusterName,
      KSO_SCANNER_SOURCE_TYPE: 'manifests',
      KSO_SCANNER_SOURCE_PATH: path.join(folder, 'manifests'),
      KSO_SCANNER_REDIS_ADDRESS: redisAddress,
      KSO_SCANNER_REPORT_URL: endpointUrl,
    },
  };
  const gatewayService: DeployableOptions = {
    name: 'gateway',
    prefix: 'KSO_GATEWAY',
    folder,
    env: { KSO_GATEWAY_WEBSOCKET_PORT: String(gateway), KSO_GATEWAY_HTTP_PORT: '0' },
  };
  const operatorService: DeployableOptions = {
    name: 'operator',
    prefix: 'KSO_OPERATOR',
    probe: 'liveness',
    folder,
    env: {
      KSO_OPERATOR_PORT: String(operator),
      KSO_OPERATOR_DATA_DIR: path.join(folder, 'operator'),
      KSO_OPERATOR_CLUSTER_NAME: clusterName,
      KSO_OPERATOR_NAMESPACE: commandNamespace,
      KSO_OPERATOR_KUBECONFIG: plane?.kubeconfig ?? writeKubeconfig(folder),
      KSO_OPERATOR_GATEWAY_URL: `ws://127.0.0.1:${gateway}`,
      KSO_OPERATOR_GATEWAY_BACKOFF_MAX: '2s',
      KSO_OPERATOR_REDIS_ADDRESS: redisAddress,
      KSO_OPERATOR_REPORTS_URL: endpointUrl,
    },
  };
  const options = [cloudEndpoint, scanner, gatewayService, operatorService];
  return startFleet({ folder, options, workloads, ports: { endpoint, operator, gateway }, redis, plane });
}

interface FleetParts {
  readonly folder: string;
  readonly options: readonly DeployableOptions[];
  readonly workloads: number;
  readonly ports: { readonly endpoint: number; readonly operator: number; readonly gateway: number };
  readonly redis?: TestRedis;
  readonly plane?: ControlPlane | undefined;
}

async function startFleet({ folder, options, workloads, ports: at, redis, plane }: FleetParts): Promise<ScanFleet> {
  const running = new Map<string, Deployable>();
  const start = async (service: string): Promise<void> => {
    if (service === 'redis') await redis?.restart();
    const found = options.find(({ name }) => name === service);
    if (found !== undefined) running.set(service, await startDeployable(found));
  };
  const stop = async (): Promise<void> => {
    for (const { program } of [...running.values()].toReversed()) await program.stop();
    await Promise.all([redis?.stop(), plane?.stop()]);
    if (process.env['KSO_KEEP_LOGS'] !== '1') rmSync(folder, { recursive: true, force: true });
  };
  try {
    for (const { name } of options) await start(name);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    workloads,
    operator: `http://127.0.0.1:${at.operator}`,
    endpoint: `http://127.0.0.1:${at.endpoint}`,
    gateway: `ws://127.0.0.1:${at.gateway}`,
    ...(plane === undefined ? {} : { plane }),
    services: [...options.map(({ name }) => name), ...(redis === undefined ? [] : ['redis'])],
    kill: async (service) => {
      if (service === 'redis') await redis?.kill();
      const program = running.get(service)?.program;
      program?.kill('SIGKILL');
      await program?.ended;
    },
    start,
    stop,
  };
}

/** A control plane that knows OperatorCommand objects. */
async function startCommandObjects(): Promise<ControlPlane> {
  const plane = await startControlPlane();
  const file = path.resolve(import.meta.dirname, '../../charts/kubescape-operator/files/crds/operatorcommands.yaml');
  await plane.client.createNamespace(commandNamespace);
  await plane.client.apply([load(readFileSync(file, 'utf8')) as KubeObject]);
  return plane;
}

async function ports(): Promise<[number, number, number]> {
  return [await freePort(), await freePort(), await freePort()];
}

function makeFolder(workloads: number): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'kso-chaos-'));
  mkdirSync(path.join(folder, 'manifests'));
  const documents = Array.from({ length: workloads }, (_, index) => JSON.stringify(deployment(index)));
  writeFileSync(path.join(folder, 'manifests', 'web.json'), documents.join('\n---\n'));
  return folder;
}

export function nameOf(index: number) {
  return { name: `web-${index}`, namespace: 'shop' };
}

function deployment(index: number) {
  const labels = { app: `web-${index}` };
  const template = { metadata: { labels }, spec: { containers: [{ name: 'app', image: 'registry.invalid/app:1' }] } };
  const spec = { selector: { matchLabels: labels }, template };
  return { apiVersion: 'apps/v1', kind: 'Deployment', metadata: nameOf(index), spec };
}

/** Image scans do not take part. */
function withoutEngines(folder: string) {
  return { PATH: '/nowhere', KSO_TOOLS_DIR: path.join(folder, 'no-tools') };
}

/** Nothing listens there: for a scan of the configuration the operator asks for no pod. */
function writeKubeconfig(folder: string): string {
  const file = path.join(folder, 'kubeconfig');
  const cluster = { name: 'none', cluster: { server: 'https://127.0.0.1:1' } };
  const context = { name: 'none', context: { cluster: 'none' } };
  const config = { kind: 'Config', clusters: [cluster], contexts: [context], 'current-context': 'none' };
  writeFileSync(file, JSON.stringify(config));
  return file;
}
