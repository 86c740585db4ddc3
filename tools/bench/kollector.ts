import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '@kso/testkit';
import { type ControlPlane, startControlPlane } from '@kso/testkit/control-plane';
import type { KubeObject } from '@kso/wire';
import { WebSocketServer } from 'ws';
import { cpuMsOf, memoryMiBOf } from './process-usage.ts';
import type { BenchResult } from './result.ts';

const podsPerWorkload = 5;
const workloadsPerNamespace = 100;
const churnPerSecond = 500;
const churnSeconds = 10;
/** As in the chart, so that the numbers are those of its limits. */
const nodeFlags = ['--max-semi-space-size=4', '--conditions=compiled'];

/** Takes reports and notes when it heard of which state of which pod. */
interface Receiver {
  readonly url: string;
  readonly pods: ReadonlySet<string>;
  /** Epoch ms of the first report of `<pod> <ip>`. */
  readonly heard: ReadonlyMap<string, number>;
  readonly bytes: number;
  /** The largest frame. */
  readonly maxFrame: number;
  readonly frames: number;
  stop(): void;
}

async function startReceiver(): Promise<Receiver> {
  const pods = new Set<string>();
  const heard = new Map<string, number>();
  const counted = { bytes: 0, maxFrame: 0, frames: 0 };
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, maxPayload: 64 * 2 ** 20 });
  server.on('connection', (socket) => {
    socket.on('message', (data: Buffer) => {
      const at = Date.now();
      counted.bytes += data.length;
      counted.frames += 1;
      counted.maxFrame = Math.max(counted.maxFrame, data.length);
      const { pod = {} } = JSON.parse(data.toString()) as {
        pod?: Partial<Record<'create' | 'update', { podName: string; podIP: string }[]>>;
      };
      for (const { podName, podIP } of [...(pod.create ?? []), ...(pod.update ?? [])]) {
        pods.add(podName);
        const key = `${podName} ${podIP}`;
        if (!heard.has(key)) heard.set(key, at);
      }
    });
  });
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as { port: number };
  return {
    url: `ws://127.0.0.1:${port}`,
    pods,
    heard,
    get bytes() {
      return counted.bytes;
    },
    get maxFrame() {
      return counted.maxFrame;
    },
    get frames() {
      return counted.frames;
    },
    stop: () => {
      for (const client of server.clients) client.terminate();
      server.close();
    },
  };
}

interface Kollector {
  readonly pid: number;
  stop(): Promise<void>;
}

/** As a process of its own, compiled, with nothing but reports to do. */
async function startKollector(cluster: ControlPlane, receiver: Receiver): Promise<Kollector> {
  const main = path.resolve(import.meta.dirname, '../../services/kollector/dist/main.js');
  if (!existsSync(main)) throw new Error(`${main} is missing: run tsc -b first`);
  const env = {
    ...process.env,
    KSO_LOG_LEVEL: 'error',
    KSO_KOLLECTOR_KUBECONFIG: cluster.kubeconfig,
    KSO_KOLLECTOR_HEALTH_PORT: String(await freePort()),
    KSO_KOLLECTOR_EVENT_RECEIVER_URL: receiver.url,
    KSO_KOLLECTOR_TRIGGER_NEW_IMAGE_SCAN: 'false',
    KSO_KOLLECTOR_CLOUD_METADATA: 'false',
    KSO_KOLLECTOR_FIRST_REPORT_TIMEOUT: '10m',
    WAIT_BEFORE_REPORT: '0',
  };
  const child: ChildProcess = spawn(process.execPath, [...nodeFlags, main], {
    env,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  if (child.pid === undefined) throw new Error('the kollector did not start');
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  return {
    pid: child.pid,
    stop: async () => {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

const nameOf = (workload: number, pod: number) => `web-${workload}-${pod}`;
const namespaceOf = (workload: number) => `bench-${Math.floor(workload / workloadsPerNamespace)}`;
const uidOf = (kind: string, workload: number) =>
  `${kind}000000-0000-4000-8000-${workload.toString(16).padStart(12, '0')}`;

function podSpec(workload: number) {
  const env = Array.from({ length: 10 }, (_, index) => ({
    name: `SETTING_${index}`,
    value: `value-${workload}-${index}`,
  }));
  const image = `registry.example.com/shop/service-${workload % 200}:1.${workload}`;
  const resources = { requests: { cpu: '100m', memory: '128Mi' }, limits: { memory: '256Mi' } };
  return { containers: [{ name: 'app', image, env, resources }], automountServiceAccountToken: false };
}

/** A workload with its ReplicaSet; nobody makes pods of it, so the bench does. */
function workloadObjects(workload: number): KubeObject[] {
  const [name, namespace] = [`web-${workload}`, namespaceOf(workload)];
  const labels = { app: name };
  const spec = {
    replicas: 0,
    selector: { matchLabels: labels },
    template: { metadata: { labels }, spec: podSpec(workload) },
  };
  const metadata = { name, namespace, labels };
  return [{ apiVersion: 'apps/v1', kind: 'Deployment', metadata, spec }];
}

async function create(cluster: ControlPlane, workloads: readonly number[]): Promise<void> {
  const post = async (apiPath: string, namespace: string, object: object) =>
    (await cluster.client.http.json(`${apiPath}/namespaces/${namespace}/${pluralOf(object)}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(object),
    })) as KubeObject;
  await inParallel(workloads, 8, async (workload) => {
    const namespace = namespaceOf(workload);
    const [wanted] = workloadObjects(workload);
    const deployment = await post('/apis/apps/v1', namespace, wanted ?? {});
    const set = await post('/apis/apps/v1', namespace, {
      ...wanted,
      kind: 'ReplicaSet',
      metadata: { ...wanted?.metadata, ownerReferences: [ownerOf(deployment)] },
    });
    for (let index = 0; index < podsPerWorkload; index += 1) {
      await post('/api/v1', namespace, {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: {
          name: nameOf(workload, index),
          namespace,
          labels: { app: `web-${workload}` },
          ownerReferences: [ownerOf(set)],
        },
        spec: { ...podSpec(workload), nodeName: `node-${workload % 500}` },
      });
    }
  });
}

const pluralOf = (object: object) => `${(object as { kind?: string }).kind?.toLowerCase() ?? ''}s`;

function ownerOf({ apiVersion, kind, metadata }: KubeObject) {
  return { apiVersion, kind, name: metadata.name, uid: metadata.uid ?? uidOf('0', 0), controller: true };
}

async function inParallel<T>(items: readonly T[], limit: number, action: (item: T) => Promise<void>): Promise<void> {
  const queue = items.values();
  await Promise.all(
    Array.from({ length: limit }, async () => {
      for (const item of queue) await action(item);
    }),
  );
}

/** A new address for one pod, as a kubelet would report it. Answers when the API server had it. */
async function changePod(cluster: ControlPlane, pod: number, address: string): Promise<number> {
  const workload = Math.floor(pod / podsPerWorkload);
  const object = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: nameOf(workload, pod % podsPerWorkload), namespace: namespaceOf(workload) },
  };
  const status = { phase: 'Running', podIP: address, podIPs: [{ ip: address }] };
  await cluster.client.patch(object, { status }, { subresource: 'status' });
  return Date.now();
}

/** Another one in each run: a first report tells those of the run before. */
const addressOf = (run: number, change: number) =>
  `${10 + run}.${(change >> 16) & 255}.${(change >> 8) & 255}.${change & 255}`;

/** Waits until the condition holds; false after the limit. */
async function until(condition: () => boolean, limitMs: number): Promise<boolean> {
  const deadline = Date.now() + limitMs;
  while (!condition()) {
    if (Date.now() > deadline) return false;
    await sleep(20);
  }
  return true;
}

function quantile(values: readonly number[], part: number): number {
  return values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) * part)] ?? Number.NaN;
}

async function churn(cluster: ControlPlane, receiver: Receiver, { run, pods }: { run: number; pods: number }) {
  const sent = new Map<string, number>();
  const running: Promise<void>[] = [];
  const begun = Date.now();
  const total = churnPerSecond * churnSeconds;
  for (let change = 1; change <= total; change += 1) {
    const pod = (change * 7919) % pods;
    const workload = Math.floor(pod / podsPerWorkload);
    const key = `${nameOf(workload, pod % podsPerWorkload)} ${addressOf(run, change)}`;
    running.push(changePod(cluster, pod, addressOf(run, change)).then((at) => void sent.set(key, at)));
    if (running.length >= 32) await running.shift();
    const ahead = (change / churnPerSecond) * 1000 - (Date.now() - begun);
    if (ahead > 5) await sleep(ahead);
  }
  await Promise.all(running);
  const seconds = (Date.now() - begun) / 1000;
  await sleep(7000);
  const delays = [...sent].flatMap(([key, at]) => {
    const heard = receiver.heard.get(key);
    return heard === undefined ? [] : [Math.max(0, heard - at)];
  });
  return { perSecond: total / seconds, delays, unheard: sent.size - delays.length };
}

/**
 * The kollector with this many pods, five to a workload, on a real API server without nodes: first report, memory, and how late a change
 * is heard of, alone and among 500 a second.
 */
export async function* benchKollector(sizes: readonly number[]): AsyncGenerator<BenchResult> {
  const cluster = await startControlPlane();
  let made = 0;
  try {
    for (const [run, pods] of sizes.toSorted((a, b) => a - b).entries()) {
      const workloads = Math.ceil(pods / podsPerWorkload);
      for (let n = made; n < workloads; n += workloadsPerNamespace) {
        const name = namespaceOf(n);
        if (n % workloadsPerNamespace === 0) await cluster.client.createNamespace(name);
      }
      await create(
        cluster,
        Array.from({ length: workloads - made }, (_, index) => made + index),
      );
      made = workloads;
      yield await measure(cluster, run, made * podsPerWorkload);
    }
  } finally {
    await cluster.stop();
  }
}

async function measure(cluster: ControlPlane, run: number, pods: number): Promise<BenchResult> {
  const receiver = await startReceiver();
  const begun = Date.now();
  const kollector = await startKollector(cluster, receiver);
  const input = `${pods.toLocaleString('en')} pods`;
  try {
    if (!(await until(() => receiver.pods.size >= pods, 600_000)))
      return { benchmark: 'kollector', input, values: {}, failure: `heard of ${receiver.pods.size} pods only` };
    const syncSeconds = (Date.now() - begun) / 1000;
    const first = { bytes: receiver.bytes, frames: receiver.frames };
    await sleep(5000);
    const rest = memoryMiBOf(kollector.pid, 'VmRSS');
    const alone: number[] = [];
    for (let index = 1; index <= 5; index += 1) {
      const address = addressOf(run, 0xff_00_00 + index);
      const at = await changePod(cluster, index, address);
      const key = `${nameOf(Math.floor(index / podsPerWorkload), index % podsPerWorkload)} ${address}`;
      await until(() => receiver.heard.has(key), 60_000);
      alone.push((receiver.heard.get(key) ?? Number.NaN) - at);
    }
    const cpuBefore = cpuMsOf(kollector.pid);
    const { perSecond, delays, unheard } = await churn(cluster, receiver, { run, pods });
    return {
      benchmark: 'kollector',
      input,
      values: {
        'first report s': syncSeconds,
        'first report MiB': first.bytes / 2 ** 20,
        frames: first.frames,
        'largest frame MiB': receiver.maxFrame / 2 ** 20,
        'rest MiB': rest,
        'peak MiB': memoryMiBOf(kollector.pid, 'VmHWM'),
        'change alone ms': quantile(alone, 0.5),
        'changes per s': perSecond,
        'change p50 ms': quantile(delays, 0.5),
        'change p99 ms': quantile(delays, 0.99),
        'processor ms': cpuMsOf(kollector.pid) - cpuBefore,
        'replaced before they were told': unheard,
      },
    };
  } finally {
    await kollector.stop();
    receiver.stop();
  }
}
