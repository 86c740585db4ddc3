import { type Clock, describeError } from '@kso/kit';
import type { KubeObject } from '@kso/wire';
import type { Refusal } from '../api/answer.ts';
import type { ApiResource } from '../api/resource.ts';
import type { ResourceApi } from '../api/resource-api.ts';
import type { ReflectorMetrics } from './reflector-metrics.ts';
import type { ReflectorSettings } from './settings.ts';
import { createWatchdog } from './watchdog.ts';

/** Why a watch is over. After `ended`, `broken` and `silent` the next one can begin where this one stood. */
export type WatchEnd =
  | { readonly type: 'ended' | 'broken' | 'silent' | 'malformed'; readonly detail: string }
  | { readonly type: 'refused'; readonly refusal: Refusal };

export interface WatchOnceOptions {
  readonly resourceVersion: string;
  readonly settings: ReflectorSettings;
  readonly signal: AbortSignal;
  /** The version up to which everything was seen. */
  onVersion(resourceVersion: string): void;
  onChange(type: 'added' | 'modified' | 'deleted', object: KubeObject): void;
}

interface WatchPorts {
  readonly resources: ResourceApi;
  readonly clock: Clock;
  readonly random: () => number;
  readonly metrics: ReflectorMetrics;
}

/** One watch request, from its opening to its end. The liveness timer runs from before the connection is made. */
export async function watchOnce(
  ports: WatchPorts,
  resource: ApiResource,
  options: WatchOnceOptions,
): Promise<WatchEnd> {
  const { settings } = options;
  const watchdog = createWatchdog(ports.clock, settings.livenessMs, options.signal);
  try {
    const result = await ports.resources.watch(resource, {
      resourceVersion: options.resourceVersion,
      timeoutSeconds: Math.round((settings.watchTimeoutMs / 1000) * (1 + ports.random())),
      signal: watchdog.signal,
    });
    if (result.outcome !== 'watching') return { type: 'refused', refusal: result };
    for await (const event of result.events) {
      watchdog.feed();
      ports.metrics.activity();
      switch (event.type) {
        case 'bookmark':
          options.onVersion(event.resourceVersion);
          break;
        case 'refused':
          return { type: 'refused', refusal: event.refusal };
        case 'malformed':
          return { type: 'malformed', detail: event.detail };
        default:
          options.onChange(event.type, event.object);
          options.onVersion(event.object.metadata.resourceVersion ?? options.resourceVersion);
      }
    }
    return { type: 'ended', detail: 'the server closed the watch' };
  } catch (error) {
    return { type: watchdog.isSilent ? 'silent' : 'broken', detail: describeError(error) };
  } finally {
    watchdog.stop();
  }
}
