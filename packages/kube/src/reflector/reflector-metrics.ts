import type { Clock, Counter, Gauge, Metrics } from '@kso/kit';
import type { GroupKind } from '@kso/wire';
import { kindLabel } from '../api/resource.ts';

export type RelistReason = 'start' | 'expired' | 'malformed' | 'retry' | 'poll';
/** `ended`: by the server, in the ordinary course or not; `silent`: given up by the liveness timer. */
export type ReconnectReason = 'ended' | 'silent' | 'broken' | 'malformed' | 'refused';

export interface ReflectorMetrics {
  event(type: string): void;
  relist(reason: RelistReason): void;
  reconnect(reason: ReconnectReason): void;
  malformed(count: number): void;
  /** A page, an event or a bookmark arrived. */
  activity(): void;
  objects(count: number): void;
}

export interface WatchMetrics {
  readonly counters: Readonly<Record<'events' | 'lists' | 'reconnects' | 'malformed', Counter>>;
  readonly gauges: Readonly<Record<'activity' | 'objects', Gauge>>;
}

/**
 * What is told of watches, by kind. `collect` is called for each scrape, by a process whose watches are in a thread of its own with a
 * registry of its own.
 */
export function watchMetrics(metrics: Metrics, collect?: () => Promise<void>): WatchMetrics {
  const refreshed = collect === undefined ? {} : { collect };
  const counter = (name: string, help: string, ...labels: string[]) =>
    metrics.counter({ name, help, labelNames: ['kind', ...labels], ...refreshed });
  const gauge = (name: string, help: string) => metrics.gauge({ name, help, labelNames: ['kind'], ...refreshed });
  return {
    counters: {
      events: counter('kso_kube_events_total', 'Changes of objects seen by reflectors', 'type'),
      lists: counter('kso_kube_lists_total', 'Complete lists begun by reflectors, by reason', 'reason'),
      reconnects: counter('kso_kube_watch_reconnects_total', 'Watches that ended, by reason', 'reason'),
      malformed: counter('kso_kube_malformed_total', 'Items and events that were no Kubernetes objects'),
    },
    gauges: {
      activity: gauge(
        'kso_kube_last_activity_timestamp_seconds',
        'When the API server last sent anything about the kind',
      ),
      objects: gauge('kso_kube_objects', 'Objects of the kind that are known to be there'),
    },
  };
}

/** Per kind; a dashboard shows `time() - kso_kube_last_activity_timestamp_seconds` as the silence of a watch. */
export function reflectorMetrics(metrics: Metrics, clock: Clock, groupKind: GroupKind): ReflectorMetrics {
  const kind = kindLabel(groupKind);
  const { counters, gauges } = watchMetrics(metrics);
  return {
    event: (type) => counters.events.inc({ kind, type }),
    relist: (reason) => counters.lists.inc({ kind, reason }),
    reconnect: (reason) => counters.reconnects.inc({ kind, reason }),
    malformed: (count) => counters.malformed.inc({ kind }, count),
    activity: () => gauges.activity.set({ kind }, clock.now() / 1000),
    objects: (count) => gauges.objects.set({ kind }, count),
  };
}
