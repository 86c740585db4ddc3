import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  createHttpClient,
  createLogger,
  createMetrics,
  loadConfig,
  noopTracer,
  readOutgoing,
  systemClock,
} from '@kso/kit';
import {
  createClusterSource,
  createKubeClient,
  createLeaderElection,
  createOwnerLookup,
  type ReadPodLog,
  topOwner,
} from '@kso/kube';
import { type FakeApiServer, startFakeApiServer } from '@kso/kube/testing';
import { type AskedImages, memoryAskedImages } from '@kso/new-images';
import type { KubeObject } from '@kso/wire';
import { expect, onTestFinished } from 'vitest';
import type { InventoryPart } from './inventory/inventory-part.ts';
import { createKollector, createSender, kollectorConfig, type ReportPorts } from './service.ts';

export interface Received {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: {
    readonly commands?: readonly Command[];
    readonly notification?: { readonly commands: readonly Command[] };
  };
}

interface Command {
  readonly wlid: string;
  readonly jobTracking: { readonly jobID: string };
  readonly args: { readonly containerToImageIDs: Readonly<Record<string, string>> };
}

/** Takes commands in the place of gateway and operator. */
export interface Receiver {
  readonly url: string;
  readonly received: readonly Received[];
  /** Answers for the next commands, in order; then 200. */
  readonly answers: { readonly status: number; readonly headers?: Record<string, string> }[];
  /** What the operator says to the next questions after a command, in order; then that its scan is queued. */
  readonly progress: { readonly status?: number; readonly body: object }[];
  /** Job ids of the commands whose progress was asked for. */
  readonly followed: readonly string[];
  /** Resolves when at least this many requests have come. */
  until(count: number): Promise<void>;
  /** `namespace/kind-name container=image …` of each command, in order. */
  asked(): string[];
  clear(): void;
}

export async function startReceiver(): Promise<Receiver> {
  const received: Received[] = [];
  const answers: { status: number; headers?: Record<string, string> }[] = [];
  const progress: { status?: number; body: object }[] = [];
  const followed: string[] = [];
  const checks = new Set<() => void>();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.once('end', () => {
      if (request.method === 'GET') {
        followed.push(request.url?.replace('/v1/jobs/', '') ?? '');
        const { status = 200, body } = progress.shift() ?? { body: { state: 'running', jobs: { total: 1 } } };
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
        return;
      }
      const body = JSON.parse(Buffer.concat(chunks).toString('utf8')) as Received['body'];
      received.push({ path: `${request.method} ${request.url}`, headers: request.headers, body });
      const { status, headers = {} } = answers.shift() ?? { status: 200 };
      response.writeHead(status, headers).end('ok');
      for (const check of checks) check();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    answers,
    progress,
    followed,
    until: (count) =>
      new Promise((resolve) => {
        const check = () => {
          if (received.length < count) return;
          checks.delete(check);
          resolve();
        };
        checks.add(check);
        check();
      }),
    asked: () =>
      received
        .flatMap(({ body }) => body.commands ?? body.notification?.commands ?? [])
        .map(({ wlid, args }) => {
          const images = Object.entries(args.containerToImageIDs).map(([name, id]) => `${name}=${id.slice(0, 14)}`);
          return [wlid.replace(/^wlid:\/\/cluster-[^/]+\/namespace-/, ''), ...images].join(' ');
        }),
    clear: () => {
      received.length = 0;
    },
  };
}

export interface Started {
  readonly cluster: FakeApiServer;
  readonly receiver: Receiver;
  readonly kollector: ReturnType<typeof createKollector>;
  /** What was printed. */
  readonly printed: readonly string[];
  metrics(): Promise<string>;
}

interface Parts {
  readonly cluster?: FakeApiServer;
  readonly receiver?: Receiver;
  readonly asked?: AskedImages;
  /** Competes for the Lease `kollector` under this name. */
  readonly identity?: string;
  readonly cloudVendor?: ReportPorts['cloudVendor'];
  readonly inventory?: InventoryPart;
  readonly podLog?: ReadPodLog;
}

/** A kollector on a fake API server; settings are given as in a file. */
export async function startKollector(settings: Record<string, unknown> = {}, parts: Parts = {}): Promise<Started> {
  const cluster = parts.cluster ?? (await startCluster());
  const receiver = parts.receiver ?? (await startReceiver());
  const overrides = { clusterName: 'c1', operatorUrl: receiver.url, credentialsFolder: '/nonexistent', ...settings };
  const { config } = loadConfig(kollectorConfig, { env: {}, overrides });
  const metrics = createMetrics();
  const clock = systemClock;
  const ports = { logger: createLogger({ service: 'kollector', level: 'silent' }), metrics, tracer: noopTracer, clock };
  const client = createKubeClient(cluster.connection(), { clock, userAgent: 'kso-kollector' });
  const lookUp = createOwnerLookup(client, clock);
  const http = createHttpClient({ outgoing: readOutgoing({}) });
  const ownerOf = (object: KubeObject) => topOwner(object, lookUp);
  const printed: string[] = [];
  const { identity } = parts;
  const lease = { namespace: 'kubescape', name: 'kollector', durationMs: 1500, renewDeadlineMs: 1000, retryMs: 100 };
  const kollector = createKollector(config, {
    ...ports,
    source: createClusterSource({ ...ports, client }, { settings: { backoff: { baseMs: 20, maxMs: 100 } } }),
    topOwner: ownerOf,
    sender: createSender(config, 'c1', { ...ports, http }),
    asked: parts.asked ?? memoryAskedImages(),
    reports: {
      reader: { topOwner: ownerOf, get: client.get },
      cloudVendor: parts.cloudVendor ?? (() => Promise.resolve(undefined)),
      print: (text) => printed.push(text),
    },
    ...(parts.podLog === undefined ? {} : { podLog: parts.podLog }),
    ...(parts.inventory === undefined ? {} : { inventory: parts.inventory }),
    ...(identity === undefined ? {} : { election: createLeaderElection({ ...lease, identity }, { ...ports, client }) }),
  });
  onTestFinished(async () => {
    await kollector.stop();
    await client.close();
    await http.close();
  });
  await kollector.start();
  return { cluster, receiver, kollector, printed, metrics: () => metrics.registry.metrics() };
}

export async function startCluster(): Promise<FakeApiServer> {
  const cluster = await startFakeApiServer();
  onTestFinished(() => cluster.stop());
  return cluster;
}

/** Resolves when the kollector has listed the pods and follows them. */
export async function following({ kollector }: Started): Promise<void> {
  // Changes from here on are followed: a watch begins where the list stood.
  await expect.poll(() => kollector.notReady?.(), { interval: 5 }).toBeUndefined();
  await kollector.idle();
}

export interface PodOptions {
  readonly namespace?: string;
  /** ReplicaSet. */
  readonly owner?: string;
  readonly phase?: string;
  /** Container → digest; `i:name` for init, `e:name` for ephemeral containers. */
  readonly images: Readonly<Record<string, string>>;
}

const lists = {
  i: ['initContainers', 'initContainerStatuses'],
  e: ['ephemeralContainers', 'ephemeralContainerStatuses'],
  c: ['containers', 'containerStatuses'],
} as const;

export function pod(name: string, { namespace = 'shop', owner, phase = 'Running', images }: PodOptions): KubeObject {
  const spec: Record<string, object[]> = {};
  const status: Record<string, unknown> = { phase };
  for (const [key, digest] of Object.entries(images)) {
    const [type, containerName] = key.includes(':') ? (key.split(':') as ['i' | 'e', string]) : (['c', key] as const);
    const [specList, statusList] = lists[type];
    (spec[specList] ??= []).push({ name: containerName, image: `registry.example.com/${containerName}:1` });
    const statuses = (status[statusList] ??= []) as object[];
    statuses.unshift({ name: containerName, imageID: digest === '' ? '' : `${digest}@sha256:${digest.repeat(32)}` });
  }
  const ownerReferences =
    owner === undefined
      ? {}
      : { ownerReferences: [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: owner, controller: true }] };
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace, ...ownerReferences }, spec, status };
}

export function replicaSet(name: string, deployment: string, namespace = 'shop'): KubeObject {
  const owner = { apiVersion: 'apps/v1', kind: 'Deployment', name: deployment, controller: true };
  return { apiVersion: 'apps/v1', kind: 'ReplicaSet', metadata: { name, namespace, ownerReferences: [owner] } };
}
