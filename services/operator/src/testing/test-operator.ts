import { createLogger, createMetrics, noopTracer, systemClock } from '@kso/kit';
import { createInProcessQueue, type JobHandler, type JobQueue } from '@kso/queue';
import { createMemoryStore, type Store } from '@kso/store';
import { imageScanKind, type KubeObject, postureScanKind } from '@kso/wire';
import type { PodSource } from '../ports.ts';
import {
  createOperator,
  type Operator,
  type OperatorConfigInput,
  type OperatorPorts,
  operatorConfig,
} from '../service.ts';

/** For `expect.poll`, on a machine that is busy with other things. */
export const patiently = { interval: 10, timeout: 15_000 };

export interface TestOperator {
  readonly operator: Operator;
  readonly queue: JobQueue;
  readonly store: Store;
  /** JSON lines of the log. */
  readonly log: string[];
  readonly ports: OperatorPorts;
  /** Bodies of the job reports so far, in the order in which they were put. */
  reports(): Record<string, unknown>[];
  post(body: unknown, headers?: Record<string, string>): Promise<{ status: number; body: string; type: string }>;
  get<T>(path: string): Promise<T>;
  stop(): Promise<void>;
}

export interface TestOptions {
  readonly config?: OperatorConfigInput;
  readonly ports?: Partial<OperatorPorts>;
  readonly queue?: JobQueue;
  readonly store?: Store;
}

/** An operator over an in-process queue, not started: tests talk to it by `inject`. */
export function testOperator(options: TestOptions = {}): TestOperator {
  const log: string[] = [];
  const base = {
    logger: createLogger({ service: 'operator', level: 'debug', destination: { write: (line) => log.push(line) } }),
    metrics: createMetrics(),
    tracer: noopTracer,
    clock: systemClock,
  };
  const queue = options.queue ?? createInProcessQueue({ file: ':memory:', abortGraceMs: 50 }, base);
  const store = options.store ?? createMemoryStore({ clock: base.clock });
  const config = operatorConfig.schema.parse({
    host: '127.0.0.1',
    port: 0,
    clusterName: 'prod',
    account: '1111-aaaa',
    ...options.config,
  });
  const ports: OperatorPorts = { ...base, queue, reports: store, ...options.ports };
  const operator = createOperator(config, ports);
  return {
    operator,
    queue,
    store,
    log,
    ports,
    reports: () => allReports(store),
    post: async (body, headers = {}) => {
      const payload = typeof body === 'string' ? body : JSON.stringify(body);
      const answer = await operator.app.inject({ method: 'POST', url: '/v1/triggerAction', payload, headers });
      return { status: answer.statusCode, body: answer.body, type: String(answer.headers['content-type']) };
    },
    get: async (path) => (await operator.app.inject(path)).json(),
    stop: async () => {
      await operator.stop();
      await queue.close();
    },
  };
}

function allReports(store: Store): Record<string, unknown>[] {
  // Only the first of each group is ever due: take them out one after the other.
  const found: { id: number; body: string }[] = [];
  for (;;) {
    const due = store.outbox.due(Number.MAX_SAFE_INTEGER, 1000);
    if (due.length === 0) break;
    for (const entry of due) {
      found.push({ id: entry.id, body: entry.body });
      store.outbox.delivered(entry.id);
    }
  }
  return found.sort((a, b) => a.id - b.id).map(({ body }) => JSON.parse(body) as Record<string, unknown>);
}

/** Workers that do what the handlers say, at once by default. */
export function workOn(queue: JobQueue, handlers: { posture?: JobHandler; image?: JobHandler } = {}): void {
  const done: JobHandler = async () => null;
  queue.work(postureScanKind, { concurrency: 4 }, handlers.posture ?? done);
  queue.work(imageScanKind, { concurrency: 4 }, handlers.image ?? done);
}

/** Pods of a cluster from a list; owners are taken from `metadata.annotations.top` (`Kind/name`). */
export function podsOf(pods: readonly KubeObject[], failures: Readonly<Record<string, Error>> = {}): PodSource {
  return {
    type: 'cluster',
    async *list({ namespace, labels = {} }) {
      const failure = failures[namespace ?? '*'];
      for (const pod of pods) {
        if (namespace !== undefined && pod.metadata.namespace !== namespace) continue;
        if (Object.entries(labels).every(([key, value]) => pod.metadata.labels?.[key] === value)) yield pod;
      }
      if (failure !== undefined) throw failure;
    },
    topOwner: async (object) => {
      const [kind = object.kind, name = object.metadata.name] = object.metadata.annotations?.['top']?.split('/') ?? [];
      return { apiVersion: 'apps/v1', kind, name };
    },
  };
}

export interface PodOptions {
  readonly namespace?: string;
  readonly name: string;
  /** `Kind/name` of what manages it; none for a naked pod. */
  readonly top?: string;
  readonly images?: Readonly<Record<string, string>>;
  readonly phase?: string;
  readonly created?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly spec?: Readonly<Record<string, unknown>>;
}

const digest = (seed: string): string => `sha256:${Buffer.from(seed).toString('hex').padEnd(64, '0').slice(0, 64)}`;

/** A running pod whose containers run the images of that name. */
export function runningPod(options: PodOptions): KubeObject {
  const { name, top, namespace = 'payments', images = { app: 'registry.example.com/app:1' } } = options;
  const replicaSet = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: `${top?.split('/')[1] ?? ''}-6d4cf56db6` };
  const entries = Object.entries(images);
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace,
      creationTimestamp: options.created ?? '2024-01-01T00:00:00Z',
      ...(options.labels === undefined ? {} : { labels: options.labels }),
      ...(top === undefined ? {} : { annotations: { top }, ownerReferences: [replicaSet] }),
    },
    spec: { containers: entries.map(([container, image]) => ({ name: container, image })), ...options.spec },
    status: {
      phase: options.phase ?? 'Running',
      containerStatuses: entries.map(([container, image]) => ({
        name: container,
        imageID: `docker-pullable://${image.replace(/:[^:/]*$/, '')}@${digest(image)}`,
      })),
    },
  };
}
