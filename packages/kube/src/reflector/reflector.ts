import type { SourceEvent, SourceFailure } from '@kso/domain';
import { type Clock, describeError, type Logger } from '@kso/kit';
import type { GroupKind } from '@kso/wire';
import type { Discovery } from '../api/discovery.ts';
import { type ApiResource, kindLabel } from '../api/resource.ts';
import type { ResourceApi } from '../api/resource-api.ts';
import { type Change, createKnownObjects } from './known-objects.ts';
import { listAll } from './list-all.ts';
import { createPace } from './pace.ts';
import type { ReflectorMetrics, RelistReason } from './reflector-metrics.ts';
import type { ReflectorSettings } from './settings.ts';
import { type WatchEnd, watchOnce } from './watch-once.ts';

export interface ReflectorPorts {
  readonly discovery: Pick<Discovery, 'resolve' | 'forget'>;
  readonly resources: ResourceApi;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  readonly metrics: ReflectorMetrics;
  /** Wraps each complete list, to bound how many run at once. */
  readonly inTurn: <T>(list: () => Promise<T>) => Promise<T>;
}

export interface ReflectorOptions {
  readonly kind: GroupKind;
  readonly settings: ReflectorSettings;
  readonly onEvent: (event: SourceEvent) => void;
  readonly signal: AbortSignal;
}

/**
 * After this many watches in a row that failed without an event the kind is listed again: that heals a server that refuses our
 * resource version for ever (it was restored from a backup), and tells consumers when the server is away.
 */
const failuresBeforeList = 5;

/** How a watch goes on after it ended: where it stood, or with a new list for the reason given. */
type Continuation = 'sameVersion' | RelistReason;

/**
 * Follows one kind until the signal aborts: resolve, list in pages, watch, and again. It ends only by the signal; every failure is
 * an event and a wait. Emits `synced` after each complete list and `failed` when its state of health changes.
 */
export async function runReflector(ports: ReflectorPorts, options: ReflectorOptions): Promise<void> {
  const { kind, signal } = options;
  const reflector = createReflector(ports, options);
  while (!signal.aborted) {
    try {
      await reflector.cycle();
    } catch (error) {
      if (signal.aborted) return;
      ports.logger.debug({ err: error, kind: kindLabel(kind) }, 'a cycle of a reflector failed');
      await reflector.failed('unreachable', describeError(error)).catch(() => {});
    }
  }
}

function createReflector(ports: ReflectorPorts, options: ReflectorOptions) {
  const { clock, metrics, discovery } = ports;
  const { kind, settings, signal } = options;
  const logger = ports.logger.child({ kind: kindLabel(kind) });
  const known = createKnownObjects();
  const pace = createPace(ports, settings, signal);
  let failure: SourceFailure | undefined;
  let listReason: RelistReason = 'start';

  const emit = (event: SourceEvent) => {
    try {
      options.onEvent(event);
    } catch (error) {
      // A consumer's bug with one object must not stop the stream of all others.
      logger.error({ err: error }, 'a consumer of object events failed');
    }
  };

  const apply = (changes: readonly Change[]) => {
    for (const change of changes) {
      metrics.event(change.type);
      emit(change);
    }
    metrics.objects(known.size);
  };

  /** Says so once, then waits. */
  const failed = async (reason: SourceFailure, detail: string, retryAfterMs?: number) => {
    if (failure !== reason) {
      failure = reason;
      logger.warn({ reason, detail }, 'objects of a kind cannot be read');
      emit({ type: 'failed', kind, reason, detail });
    }
    if (reason === 'unreachable') await pace.pause(retryAfterMs);
    else await (reason === 'forbidden' ? pace.forbidden() : pace.slow());
  };

  /** Answers where a watch has to begin, or undefined after a failure that was waited out. */
  const list = async (resource: ApiResource): Promise<string | undefined> => {
    metrics.relist(listReason);
    listReason = 'retry';
    const result = await ports.inTurn(() =>
      listAll(ports.resources, resource, { pageSize: settings.pageSize, signal }, known, {
        onChanges: apply,
        onPage: (malformed) => {
          metrics.activity();
          if (malformed > 0) metrics.malformed(malformed);
        },
      }),
    );
    if (result.outcome === 'complete') {
      failure = undefined;
      pace.allowed();
      emit({ type: 'synced', kind });
      return result.resourceVersion;
    }
    if (result.outcome === 'notServed') {
      discovery.forget(kind.group);
      apply(known.clear(resource));
    }
    await (result.outcome === 'unavailable'
      ? failed('unreachable', result.detail, result.retryAfterMs)
      : failed(result.outcome, result.detail));
    return undefined;
  };

  /** Watches until a new list is needed. */
  const follow = async (resource: ApiResource, from: string) => {
    let position = from;
    let failures = 0;
    while (!signal.aborted) {
      const startedAt = clock.now();
      const end = await watchOnce(ports, resource, {
        resourceVersion: position,
        settings,
        signal,
        onVersion: (version) => {
          position = version;
          failures = 0;
          pace.allowed();
        },
        onChange: (type, object) => apply(type === 'deleted' ? known.gone(object) : known.present(object, resource)),
      });
      signal.throwIfAborted();
      if (clock.now() - startedAt >= settings.healthyAfterMs) pace.healthy();
      if (end.type !== 'ended') failures += 1;
      const next = await afterWatch(end);
      if (next === 'sameVersion' && failures < failuresBeforeList) continue;
      listReason = next === 'sameVersion' ? 'retry' : next;
      return;
    }
  };

  const afterWatch = async (end: WatchEnd): Promise<Continuation> => {
    if (end.type === 'refused') return afterRefusal(end.refusal);
    metrics.reconnect(end.type);
    if (end.type === 'malformed') {
      metrics.malformed(1);
      logger.warn({ detail: end.detail }, 'a watch sent something that is no event');
    } else {
      logger.debug({ reason: end.type, detail: end.detail }, 'a watch is opened anew');
    }
    await pace.pause();
    return end.type === 'malformed' ? 'malformed' : 'sameVersion';
  };

  const afterRefusal = async (refusal: (WatchEnd & { type: 'refused' })['refusal']): Promise<Continuation> => {
    metrics.reconnect('refused');
    if (refusal.outcome === 'unavailable') {
      await pace.pause(refusal.retryAfterMs);
      return 'sameVersion';
    }
    if (refusal.outcome === 'expired') {
      await pace.pauseIfRepeated();
      return 'expired';
    }
    if (refusal.outcome === 'forbidden') {
      // It may be listed but not watched: then it is looked at now and then.
      return (await pace.forbidden()) === 'later' ? 'poll' : 'sameVersion';
    }
    discovery.forget(kind.group);
    await pace.pause();
    return 'retry';
  };

  return {
    failed,
    cycle: async () => {
      const resolved = await discovery.resolve(kind, signal);
      if (resolved.outcome === 'notServed') {
        discovery.forget(kind.group);
        await failed('notServed', resolved.detail);
        return;
      }
      const { resource } = resolved;
      const version = await list(resource);
      if (version === undefined) return;
      if (resource.verbs.includes('watch')) {
        await follow(resource, version);
        return;
      }
      listReason = 'poll';
      await pace.slow();
    },
  };
}
