import { type ObjectSource, type SourceEvent, sanitizeClusterName } from '@kso/domain';
import type { BasePorts } from '@kso/kit';
import type { TopOwner } from '@kso/kube';
import type { GroupKind, KubeObject } from '@kso/wire';
import type { AskedImages } from './asked-images.ts';
import type { CommandSender } from './command-sender.ts';
import { createImageFollower } from './image-follower.ts';
import type { NewImageMeters } from './meters.ts';
import { createSeenImages, type FirstPass } from './seen-images.ts';
import { createTriggerQueue } from './trigger-queue.ts';

export interface ImageTriggerSettings {
  /** In wlids; by default the name of the source. */
  readonly clusterName?: string | undefined;
  /** What is done with images that run already at the start: ask for those not asked for before, for all, or for none. */
  readonly atStart: FirstPass;
  /** If not empty, only these namespaces are looked at. */
  readonly includeNamespaces: readonly string[];
  readonly excludeNamespaces: readonly string[];
  /** Images of pods that no workload has made are asked for when the pod is so old and still there, in ms. */
  readonly podScanGuardTime: number;
  /** Wait between two tries of one workload, in ms. */
  readonly retryMin: number;
  readonly retryMax: number;
  /** A command that has not arrived after so long is given up, in ms. */
  readonly giveUpAfter: number;
  /** Workloads that may wait at once. */
  readonly maxPending: number;
  /** Requests at once. */
  readonly concurrency: number;
}

export interface ImageTriggerPorts extends BasePorts {
  readonly source: Pick<ObjectSource, 'name' | 'type'>;
  readonly topOwner: (object: KubeObject) => Promise<TopOwner>;
  readonly sender: CommandSender;
  readonly asked: AskedImages;
  readonly meters: NewImageMeters;
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

export function createImageTrigger(config: ImageTriggerSettings, ports: ImageTriggerPorts): ImageTrigger {
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

function namespaceFilter({
  includeNamespaces,
  excludeNamespaces,
}: ImageTriggerSettings): (namespace: string) => boolean {
  const included = new Set(includeNamespaces);
  const excluded = new Set(excludeNamespaces);
  return (namespace) => (included.size === 0 ? !excluded.has(namespace) : included.has(namespace));
}
