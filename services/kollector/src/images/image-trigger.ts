import { type ObjectSource, type SourceEvent, sanitizeClusterName } from '@kso/domain';
import type { BasePorts } from '@kso/kit';
import type { TopOwner } from '@kso/kube';
import type { GroupKind, KubeObject } from '@kso/wire';
import type { KollectorConfig } from '../config.ts';
import type { KollectorMetrics } from '../kollector-metrics.ts';
import type { CommandSender } from '../triggers/command-sender.ts';
import { createTriggerQueue } from '../triggers/trigger-queue.ts';
import type { AskedImages } from './asked-images.ts';
import { createImageFollower } from './image-follower.ts';
import { createSeenImages } from './seen-images.ts';

export interface ImageTriggerPorts extends BasePorts {
  readonly source: Pick<ObjectSource, 'name' | 'type'>;
  readonly topOwner: (object: KubeObject) => Promise<TopOwner>;
  readonly sender: CommandSender;
  readonly asked: AskedImages;
  readonly meters: KollectorMetrics;
}

/** Asks for a scan of each image that is new (kollector.md 11, 13). */
export interface ImageTrigger {
  readonly kinds: readonly GroupKind[];
  onEvent(event: SourceEvent): void;
  /** Workloads whose images are still to be asked for. */
  readonly pending: number;
  /** Resolves when every image seen so far was asked for or given up. */
  idle(): Promise<void>;
  stop(): Promise<void>;
}

const podKind: GroupKind = { group: '', kind: 'Pod' };
const templateKinds: readonly GroupKind[] = [
  podKind,
  { group: '', kind: 'ReplicationController' },
  ...['Deployment', 'ReplicaSet', 'StatefulSet', 'DaemonSet'].map((kind) => ({ group: 'apps', kind })),
  ...['Job', 'CronJob'].map((kind) => ({ group: 'batch', kind })),
];

export function createImageTrigger(config: KollectorConfig, ports: ImageTriggerPorts): ImageTrigger {
  const { logger, meters, source } = ports;
  const seen = createSeenImages(ports.asked, config.atStart);
  const queue = createTriggerQueue(
    {
      maxPending: config.maxPending,
      concurrency: config.concurrency,
      backoff: { baseMs: config.retryMin, maxMs: config.retryMax },
      giveUpAfterMs: config.giveUpAfter,
    },
    {
      ...ports,
      delivered: (wlid, images) => {
        try {
          seen.delivered(wlid, images);
        } catch (error) {
          // It was asked for; only the next start will not know.
          logger.error({ err: error, wlid }, 'what was asked for cannot be remembered');
        }
      },
      stillRunning: seen.stillRunning,
      lost: (wlid, images) => {
        for (const pod of seen.lost(wlid, images)) follower.forget(pod);
      },
    },
  );
  const follower = createImageFollower(
    {
      clusterName: sanitizeClusterName(config.clusterName ?? source.name),
      sourceType: source.type,
      wantsNamespace: namespaceFilter(config),
      podScanGuardMs: config.podScanGuardTime,
    },
    { ...ports, meters, seen, ask: queue.add },
  );
  return {
    kinds: source.type === 'cluster' ? [podKind] : templateKinds,
    onEvent: follower.onEvent,
    get pending() {
      return queue.size;
    },
    idle: async () => {
      await follower.idle();
      await queue.idle();
    },
    stop: async () => {
      await follower.stop();
      await queue.stop();
    },
  };
}

function namespaceFilter({ includeNamespaces, excludeNamespaces }: KollectorConfig): (namespace: string) => boolean {
  const included = new Set(includeNamespaces);
  const excluded = new Set(excludeNamespaces);
  return (namespace) => (included.size === 0 ? !excluded.has(namespace) : included.has(namespace));
}
