import { type ChildProcess, fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ControlPlane, controlPlanePrograms, startControlPlane } from '@kso/testkit/control-plane';
import { missingPrograms } from '@kso/testkit/programs';
import {
  deploymentsPerNamespace,
  type LargeCluster,
  largeCluster,
  privilegedEvery,
  workloadAt,
} from './large-cluster.ts';
import { cpuMsOf, memoryMiBOf } from './process-usage.ts';
import type { BenchResult } from './result.ts';
import type { ChildMessage } from './scanner-child.ts';

type KubeObject = LargeCluster['namespaces'][number];

const lanes = 16;
const changes = 1000;
/** Below that there are not enough Deployments to change. */
const leastNamespaces = 25;

/**
 * A large cluster on the real control plane: the scanner reads it, scans everything, and follows 1,000 changes. Findings are counted:
 * numbers of a scan that has missed something are worth nothing.
 */
export async function benchCluster(namespaces: number, bindings: number): Promise<BenchResult> {
  const cluster = largeCluster(Math.max(leastNamespaces, namespaces), bindings);
  const input = `${(cluster.namespaces.length * deploymentsPerNamespace).toLocaleString('en')} workloads, ${cluster.objects.toLocaleString('en')} objects`;
  const missing = missingPrograms(...controlPlanePrograms);
  if (missing) return { benchmark: 'cluster', input, values: {}, failure: missing };
  const folder = mkdtempSync(path.join(tmpdir(), 'kso-bench-cluster-'));
  // Neither tokens nor accounts are what this is about, and pods without a ServiceAccount object are refused.
  const control = await startControlPlane({ apiServerArgs: ['--disable-admission-plugins=ServiceAccount'] });
  let scanner: ChildScanner | undefined;
  try {
    const filledMs = await timed(() => fill(control, cluster));
    scanner = startChild(folder, control.kubeconfig);
    const values = await measure(scanner, control, cluster);
    return { benchmark: 'cluster', input, values: { 'filled s': filledMs / 1000, ...values } };
  } catch (error) {
    return { benchmark: 'cluster', input, values: {}, failure: error instanceof Error ? error.message : String(error) };
  } finally {
    await scanner?.stop();
    await control.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measure(
  scanner: ChildScanner,
  control: ControlPlane,
  cluster: LargeCluster,
): Promise<Readonly<Record<string, number>>> {
  const startedAt = performance.now();
  const { pid } = scanner;
  const url = await scanner.firstEvaluation();
  const readS = (performance.now() - startedAt) / 1000;
  await atRest(pid);
  const [readCpu, readPeak, rest] = [cpuMsOf(pid), memoryMiBOf(pid, 'VmHWM'), memoryMiBOf(pid, 'VmRSS')];

  const scanMs = await timed(() => scanner.scan(url));
  const [scanCpu, scanPeak] = [cpuMsOf(pid) - readCpu, memoryMiBOf(pid, 'VmHWM')];
  await expectPrivileged(url, cluster.privileged);

  await atRest(pid);
  const beforeChanges = cpuMsOf(pid);
  const changesMs = await timed(async () => {
    const stored = scanner.untilChanged(changes);
    await inLanes(changedWorkloads(cluster), (object) => put(control, object));
    await stored;
  });
  const changesCpu = cpuMsOf(pid) - beforeChanges;
  await expectPrivileged(url, cluster.privileged + changes);
  return {
    'start to first state s': readS,
    'objects per s': cluster.objects / readS,
    'cpu s': readCpu / 1000,
    'peak MiB': readPeak,
    'rest MiB': rest,
    'full scan s': scanMs / 1000,
    'full scan cpu s': scanCpu / 1000,
    'full scan peak MiB': scanPeak,
    '1,000 changes s': changesMs / 1000,
    '1,000 changes cpu s': changesCpu / 1000,
    'peak after all MiB': memoryMiBOf(pid, 'VmHWM'),
  };
}

async function fill(control: ControlPlane, { namespaces, workloads, bindings }: LargeCluster): Promise<void> {
  await inLanes(namespaces, (object) => create(control, object));
  await inLanes(workloads, (object) => create(control, object));
  await inLanes(bindings, (object) => create(control, object));
}

/** Deployments that were not privileged and now are. */
function* changedWorkloads({ namespaces }: LargeCluster): Generator<KubeObject, void, undefined> {
  for (let round = 0; round < changes; round += 1) {
    const within = namespaces[round % namespaces.length]?.metadata.name ?? '';
    // The numbers between those that are privileged already.
    const number = Math.floor(round / namespaces.length);
    yield workloadAt(within, number + 1 + Math.floor(number / (privilegedEvery - 1)), true);
  }
}

const plurals: Readonly<Record<string, string>> = {
  Namespace: 'namespaces',
  Deployment: 'deployments',
  ReplicaSet: 'replicasets',
  Pod: 'pods',
  ClusterRoleBinding: 'clusterrolebindings',
};

function collectionOf({ apiVersion, kind, metadata }: KubeObject): string {
  const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const within = metadata.namespace === undefined ? '' : `/namespaces/${metadata.namespace}`;
  return `${root}${within}/${plurals[kind]}`;
}

async function create(control: ControlPlane, object: KubeObject): Promise<void> {
  await send(control, 'POST', collectionOf(object), object);
}

async function put(control: ControlPlane, object: KubeObject): Promise<void> {
  await send(control, 'PUT', `${collectionOf(object)}/${object.metadata.name}`, object);
}

async function send(control: ControlPlane, method: string, pathname: string, object: KubeObject): Promise<void> {
  await control.client.http.json(pathname, {
    method,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(object),
  });
}

async function inLanes<T>(items: Iterable<T>, action: (item: T) => Promise<void>): Promise<void> {
  const rest = items[Symbol.iterator]();
  const lane = async () => {
    for (let next = rest.next(); next.done !== true; next = rest.next()) await action(next.value);
  };
  await Promise.all(Array.from({ length: lanes }, lane));
}

async function expectPrivileged(url: string, expected: number): Promise<void> {
  const text = await (await fetch(`${url}/v1/metrics`)).text();
  const found = Number(/^kubescape_control_count_resources_failed\{controlID="C-0057".*\} (\d+)$/m.exec(text)?.[1]);
  if (found !== expected) throw new Error(`${found} privileged workloads were found, and there are ${expected}`);
}

interface ChildScanner {
  readonly pid: number | undefined;
  /** Resolves with its address when everything was read, evaluated and stored once. */
  firstEvaluation(): Promise<string>;
  scan(url: string): Promise<void>;
  /** Resolves when so many more results were stored. */
  untilChanged(count: number): Promise<void>;
  stop(): Promise<void>;
}

function startChild(folder: string, kubeconfig: string): ChildScanner {
  const child = fork(path.join(import.meta.dirname, 'scanner-child.ts'), [folder, kubeconfig], {
    execArgv: ['--max-semi-space-size=4', '--conditions=compiled'],
    env: { ...process.env, KSO_LOG_LEVEL: 'silent' },
  });
  const listeners = new Set<(message: ChildMessage) => void>();
  child.on('message', (message: ChildMessage) => {
    for (const listener of listeners) listener(message);
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const until = <T>(look: (message: ChildMessage) => T | undefined): Promise<T> =>
    new Promise((resolve, reject) => {
      const listener = (message: ChildMessage): void => {
        const found = look(message);
        if (found === undefined) return;
        listeners.delete(listener);
        resolve(found);
      };
      listeners.add(listener);
      void ended.then(() => reject(new Error('the scanner has ended')));
    });
  return {
    pid: child.pid,
    firstEvaluation: () => firstEvaluation(until),
    scan: async (url) => {
      const over = until((message) => (message.type === 'scan' ? message : undefined));
      await fetch(`${url}/v1/scan`, { method: 'POST', body: '{}' });
      if (!(await over).ok) throw new Error('the scan failed');
    },
    untilChanged: async (count) => {
      let stored = 0;
      await until((message) => {
        if (message.type === 'change') stored += message.changed;
        return stored >= count ? true : undefined;
      });
    },
    stop: () => disconnect(child, ended),
  };
}

/** The first state that is told after results were stored: until then everything is read, and then everything is evaluated. */
async function firstEvaluation(
  until: <T>(look: (message: ChildMessage) => T | undefined) => Promise<T>,
): Promise<string> {
  await until((message) => (message.type === 'change' ? message : undefined));
  return until((message) => (message.type === 'state' && message.phase === 'watching' ? message.url : undefined));
}

async function disconnect(child: ChildProcess, ended: Promise<void>): Promise<void> {
  if (child.connected) child.disconnect();
  await ended;
}

async function timed(action: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await action();
  return performance.now() - startedAt;
}

/** Until a process has used less than 3 % of a processor for three seconds. */
async function atRest(pid: number | undefined): Promise<void> {
  for (let quiet = 0, before = cpuMsOf(pid); quiet < 3; ) {
    await sleep(1000);
    const now = cpuMsOf(pid);
    quiet = now - before < 30 ? quiet + 1 : 0;
    before = now;
  }
}
