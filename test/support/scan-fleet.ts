import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { freePort, until } from '@kso/testkit';
import { startTestRedis, type TestRedis } from '@kso/testkit/redis';
import { type Deployable, type DeployableOptions, startDeployable } from './deployable.ts';

/** Processes that scan a folder of manifests and may be killed and started again, at the same addresses and on the same data. */
export interface ScanFleet {
  readonly operator: string;
  readonly endpoint: string;
  /** Absent where the queue is in the process. */
  readonly redis?: TestRedis;
  readonly services: readonly string[];
  kill(service: string): Promise<void>;
  start(service: string): Promise<void>;
  stop(): Promise<void>;
}

export const clusterName = 'chaos';

/** Everything in one process, the queue with its journal. */
export async function startOneProcess(workloads: number): Promise<ScanFleet> {
  const folder = makeFolder(workloads);
  const [endpoint, operator] = await ports(2);
  const anyPort = ['GATEWAY_WS', 'GATEWAY', 'SCANNER', 'KUBEVULN'].map((name) => [`KSO_SUITE_PORTS_${name}`, '0']);
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
      KSO_SUITE_DATA_DIR: path.join(folder, 'data'),
      KSO_SUITE_CLUSTER_NAME: clusterName,
      KSO_SUITE_TARGET_TYPE: 'manifests',
      KSO_SUITE_TARGET_PATH: path.join(folder, 'manifests'),
      KSO_SUITE_IMAGES_AT_START: 'none',
      KSO_SUITE_IMAGES_UPDATE_DATABASE: 'false',
      KSO_SUITE_SCHEDULE_ENABLED: 'false',
    },
  };
  return startFleet(folder, [suite], { endpoint, operator });
}

/** Operator, scanner and CloudEndpoint as processes of their own around a Redis. */
export async function startProcesses(workloads: number): Promise<ScanFleet> {
  const folder = makeFolder(workloads);
  const redis = await startTestRedis();
  const [endpoint, operator] = await ports(2);
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
  const operatorService: DeployableOptions = {
    name: 'operator',
    prefix: 'KSO_OPERATOR',
    probe: 'liveness',
    folder,
    env: {
      KSO_OPERATOR_PORT: String(operator),
      KSO_OPERATOR_DATA_DIR: path.join(folder, 'operator'),
      KSO_OPERATOR_CLUSTER_NAME: clusterName,
      KSO_OPERATOR_KUBECONFIG: writeKubeconfig(folder),
      KSO_OPERATOR_REDIS_ADDRESS: redisAddress,
      KSO_OPERATOR_REPORTS_URL: endpointUrl,
    },
  };
  return startFleet(folder, [cloudEndpoint, scanner, operatorService], { endpoint, operator, redis });
}

async function startFleet(
  folder: string,
  options: readonly DeployableOptions[],
  at: { readonly endpoint: number; readonly operator: number; readonly redis?: TestRedis },
): Promise<ScanFleet> {
  const running = new Map<string, Deployable>();
  const start = async (service: string): Promise<void> => {
    const found = options.find(({ name }) => name === service);
    if (found !== undefined) running.set(service, await startDeployable(found));
  };
  const stop = async (): Promise<void> => {
    for (const { program } of [...running.values()].toReversed()) await program.stop();
    await at.redis?.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    for (const { name } of options) await start(name);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    operator: `http://127.0.0.1:${at.operator}`,
    endpoint: `http://127.0.0.1:${at.endpoint}`,
    ...(at.redis === undefined ? {} : { redis: at.redis }),
    services: options.map(({ name }) => name),
    kill: async (service) => {
      const program = running.get(service)?.program;
      program?.kill('SIGKILL');
      await program?.ended;
    },
    start,
    stop,
  };
}

/** Commands to scan one workload each, sent until somebody has taken them, and what became of them. */
export class ScanCommands {
  readonly #fleet: ScanFleet;
  readonly #sent: Promise<void>[] = [];
  readonly #jobIds: string[] = [];

  constructor(fleet: ScanFleet) {
    this.#fleet = fleet;
  }

  /** Does not wait: while the operator is away the sending takes as long as that. Each body is sent under the same job ids. */
  send(workloads: readonly number[]): void {
    const commands = workloads.map((index) => ({
      commandName: 'kubescapeScan',
      jobTracking: { jobID: randomUUID() },
      args: { scanV1: { scanObject: { apiVersion: 'apps/v1', kind: 'Deployment', metadata: nameOf(index) } } },
    }));
    this.#jobIds.push(...commands.map(({ jobTracking }) => jobTracking.jobID));
    const body = JSON.stringify({ commands });
    const url = `${this.#fleet.operator}/v1/triggerAction`;
    const isTaken = async () => (await fetch(url, { method: 'POST', body })).ok;
    this.#sent.push(until('commands are taken', isTaken, { within: 600_000, every: 250 }).then(() => undefined));
  }

  /** Once all have ended: what is wrong, one line each. */
  async faults(within: number): Promise<string[]> {
    await Promise.all(this.#sent);
    const ended = await Promise.all(this.#jobIds.map((jobId) => this.#endOf(jobId, within)));
    const unsuccessful = ended.filter(({ state }) => state !== 'succeeded').map((end) => JSON.stringify(end));
    // They would be waited for in vain.
    if (unsuccessful.length > 0) return unsuccessful;
    const scans = ended.flatMap(({ children }) => children.map(({ jobId }) => jobId));
    const counts = await until(
      'a report of each scan has arrived',
      async () => {
        const found = countsOf(await this.#receipts('postureReport'));
        return scans.every((scan) => found.has(scan)) && found;
      },
      { within, every: 500 },
    );
    const repeated = scans
      .filter((scan) => counts.get(scan) !== 1)
      .map((scan) => `${scan}: ${counts.get(scan)} reports`);
    const missing = scans.length === this.#jobIds.length ? [] : [`${scans.length} scans of ${this.#jobIds.length}`];
    return [...repeated, ...missing];
  }

  #endOf(jobId: string, within: number) {
    return until(
      `command ${jobId} has ended`,
      async () => {
        const command = await getJson<EndedCommand>(`${this.#fleet.operator}/v1/jobs/${jobId}`);
        return command.state !== 'running' && command;
      },
      { within, every: 1000 },
    );
  }

  /** Each report is in it once for each key under which it came. */
  async #receipts(route: string): Promise<Receipt[]> {
    const receipts: Receipt[] = [];
    let after: string | undefined;
    do {
      const cursor: string = after === undefined ? '' : `&after=${after}`;
      const page = await getJson<{ readonly items: readonly Receipt[]; readonly next?: string }>(
        `${this.#fleet.endpoint}/api/clusters/${clusterName}/receipts?route=${route}&limit=500${cursor}`,
      );
      receipts.push(...page.items);
      after = page.next;
    } while (after !== undefined);
    return receipts;
  }
}

interface EndedCommand {
  readonly state: string;
  readonly children: readonly { readonly jobId: string }[];
}

interface Receipt {
  readonly jobId?: string;
}

function countsOf(receipts: readonly Receipt[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { jobId } of receipts) if (jobId !== undefined) counts.set(jobId, (counts.get(jobId) ?? 0) + 1);
  return counts;
}

async function getJson<T>(url: string): Promise<T> {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`${url}: status ${answer.status}`);
  return (await answer.json()) as T;
}

async function ports(count: number): Promise<[number, number]> {
  const [first = 0, second = 0] = await Promise.all(Array.from({ length: count }, freePort));
  return [first, second];
}

function makeFolder(workloads: number): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'kso-chaos-'));
  mkdirSync(path.join(folder, 'manifests'));
  const documents = Array.from({ length: workloads }, (_, index) => JSON.stringify(deployment(index)));
  writeFileSync(path.join(folder, 'manifests', 'web.json'), documents.join('\n---\n'));
  return folder;
}

function nameOf(index: number) {
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
