import type { Clock, Metrics } from '@kso/kit';
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

/** Per kind; a dashboard shows `time() - kso_kube_last_activity_timestamp_seconds` as the silence of a watch. */
export function reflectorMetrics(metrics: Metrics, clock: Clock, groupKind: GroupKind): ReflectorMetrics {
  const kind = kindLabel(groupKind);
  const events = metrics.counter({
    name: 'kso_kube_events_total',
    help: 'Changes of objects seen by reflectors',
    labelNames: ['kind', 'type'],
  });
  const relists = metrics.counter({
    name: 'kso_kube_lists_total',
    help: 'Complete lists begun by reflectors, by reason',
    labelNames: ['kind', 'reason'],
  });
  const reconnects = metrics.counter({
    name: 'kso_kube_watch_reconnects_total',
    help: 'Watches that ended, by reason',
    labelNames: ['kind', 'reason'],
  });
  const malformed = metrics.counter({
    name: 'kso_kube_malformed_total',
    help: 'Items and events that were no Kubernetes objects',
    labelNames: ['kind'],
  });
  const activity = metrics.gauge({
    name: 'kso_kube_last_activity_timestamp_seconds',
    help: 'When the API server last sent anything about the kind',
    labelNames: ['kind'],
  });
  const objects = metrics.gauge({
    name: 'kso_kube_objects',
    help: 'Objects of the kind that are known to be there',
    labelNames: ['kind'],
  });
  return {
    event: (type) => events.inc({ kind, type }),
    relist: (reason) => relists.inc({ kind, reason }),
    reconnect: (reason) => reconnects.inc({ kind, reason }),
    malformed: (count) => malformed.inc({ kind }, count),
    activity: () => activity.set({ kind }, clock.now() / 1000),
    objects: (count) => objects.set({ kind }, count),
  };
}
