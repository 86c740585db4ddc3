import { type ObjectSource, SourceError, type SourceEvent } from '@kso/domain';
import { type Clock, describeError, type Logger, type Metrics } from '@kso/kit';
import type { GroupKind } from '@kso/wire';
import { kindLabel } from './api/resource.ts';
import type { ResourceApi } from './api/resource-api.ts';
import type { KubeClient } from './client.ts';
import { type ListFilter, selectorOf } from './list-pages.ts';
import { runReflector } from './reflector/reflector.ts';
import { reflectorMetrics } from './reflector/reflector-metrics.ts';
import { defaultReflectorSettings, type ReflectorSettings } from './reflector/settings.ts';
import { createTurns } from './turns.ts';

export interface ClusterSourcePorts {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** 0 ≤ x < 1, for jitter; `Math.random` by default. */
  readonly random?: () => number;
}

export interface ClusterSourceOptions {
  readonly settings?: Partial<ReflectorSettings>;
  /** Complete lists that may run at once. */
  readonly concurrentLists?: number;
  /** Only these objects; others do not exist for the source, and no right to them is needed. */
  readonly filter?: Pick<ListFilter, 'namespace' | 'labels' | 'fields'>;
}

/** A cluster as a source of objects: one reflector for each kind that is watched. No object is kept, only what identifies it. */
export function createClusterSource(ports: ClusterSourcePorts, options: ClusterSourceOptions = {}): ObjectSource {
  const { client, clock, logger, metrics, random = Math.random } = ports;
  const settings = { ...defaultReflectorSettings, ...options.settings };
  const inTurn = createTurns(options.concurrentLists ?? 4);
  const resources = options.filter === undefined ? client.resources : filtered(client.resources, options.filter);

  const watch: ObjectSource['watch'] = async (kinds, onEvent, signal) => {
    signal.throwIfAborted();
    await reach(client, signal);
    const own = new AbortController();
    const stop = AbortSignal.any([signal, own.signal]);
    const wanted = distinct(kinds);
    const first = firstOutcomes(wanted, stop);

    for (const kind of wanted) {
      const reflectorPorts = {
        discovery: client.discovery,
        resources,
        clock,
        random,
        logger,
        metrics: reflectorMetrics(metrics, clock, kind),
        inTurn,
      };
      const forward = (event: SourceEvent) => {
        first.observe(event);
        onEvent(event);
      };
      runReflector(reflectorPorts, { kind, settings, onEvent: forward, signal: stop }).catch((error: unknown) => {
        if (!stop.aborted) logger.error({ err: error, kind: kindLabel(kind) }, 'a reflector has stopped');
      });
    }
    const outcomes = await first.all;
    if (outcomes.length > 0 && outcomes.every((outcome) => outcome === 'unreachable')) {
      own.abort();
      throw new SourceError('unreachable', `the API server ${client.server} does not answer`);
    }
  };

  return {
    name: client.name,
    type: 'cluster',
    watch,
    serverVersion: () => client.version(),
  };
}

function filtered(resources: ResourceApi, { namespace, labels, fields }: ListFilter): ResourceApi {
  const filter = { namespace, labelSelector: selectorOf(labels), fieldSelector: selectorOf(fields) };
  return {
    list: (resource, options) => resources.list(resource, { ...options, ...filter }),
    watch: (resource, options) => resources.watch(resource, { ...options, ...filter }),
  };
}

/** Fails early and clearly when there is no cluster, before any reflector starts to wait for it. */
async function reach(client: KubeClient, signal: AbortSignal): Promise<void> {
  try {
    await client.version(signal);
  } catch (error) {
    signal.throwIfAborted();
    const status =
      error instanceof Error && 'context' in error ? (error.context as { status?: unknown }).status : undefined;
    // Who may not read the version may still read objects.
    if (status === 403) return;
    const reason = status === 401 ? 'unauthenticated' : 'unreachable';
    throw new SourceError(reason, describeError(error), error);
  }
}

type FirstOutcome = 'synced' | 'forbidden' | 'notServed' | 'unreachable' | 'invalid';

/** Collects how each kind ended its first list. */
function firstOutcomes(kinds: readonly GroupKind[], signal: AbortSignal) {
  const outcomes = new Map<string, FirstOutcome>();
  const { promise, resolve, reject } = Promise.withResolvers<FirstOutcome[]>();
  if (kinds.length === 0) resolve([]);
  signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  return {
    all: promise,
    observe: (event: SourceEvent) => {
      if (event.type !== 'synced' && event.type !== 'failed') return;
      const label = kindLabel(event.kind);
      if (outcomes.has(label)) return;
      outcomes.set(label, event.type === 'synced' ? 'synced' : event.reason);
      if (outcomes.size === kinds.length) resolve([...outcomes.values()]);
    },
  };
}

function distinct(kinds: readonly GroupKind[]): GroupKind[] {
  return [...new Map(kinds.map((kind) => [kindLabel(kind), kind])).values()];
}
