import { type ObjectSource, SourceError, type SourceEvent, sanitizeClusterName } from '@kso/domain';
import { type BasePorts, backoffDelay, describeError, type Service } from '@kso/kit';
import type { TopOwner } from '@kso/kube';
import type { GroupKind, KubeObject } from '@kso/wire';
import type { KollectorConfig } from './config.ts';
import type { AskedImages } from './images/asked-images.ts';
import { createImageFollower } from './images/image-follower.ts';
import { createSeenImages } from './images/seen-images.ts';
import { kollectorMetrics } from './kollector-metrics.ts';
import type { CommandSender } from './triggers/command-sender.ts';
import { createTriggerQueue } from './triggers/trigger-queue.ts';

export { type KollectorConfig, kollectorConfig } from './config.ts';
export { withForeignSettings } from './foreign-settings.ts';
export { type AskedImages, memoryAskedImages, sqliteAskedImages } from './images/asked-images.ts';
export type { ContainerImage } from './images/container-image.ts';
export type { CommandSender, SendOutcome } from './triggers/command-sender.ts';
export { createSender } from './triggers/create-sender.ts';
export {
  type GatewaySenderOptions,
  gatewaySender,
  type OperatorSenderOptions,
  operatorSender,
  type SenderPorts,
} from './triggers/http-senders.ts';
export type { ScanCommand } from './triggers/scan-command.ts';

export interface KollectorPorts extends BasePorts {
  readonly source: ObjectSource;
  /** Not asked for manifests. @throws while the API server cannot answer. */
  readonly topOwner: (object: KubeObject) => Promise<TopOwner>;
  readonly sender: CommandSender;
  /** Closed by whoever opened it. */
  readonly asked: AskedImages;
}

export interface Kollector extends Service {
  /** Resolves when every image seen so far was asked for or given up. */
  idle(): Promise<void>;
}

const podKind: GroupKind = { group: '', kind: 'Pod' };
const templateKinds: readonly GroupKind[] = [
  podKind,
  { group: '', kind: 'ReplicationController' },
  ...['Deployment', 'ReplicaSet', 'StatefulSet', 'DaemonSet'].map((kind) => ({ group: 'apps', kind })),
  ...['Job', 'CronJob'].map((kind) => ({ group: 'batch', kind })),
];
const sourceBackoff = { baseMs: 1000, maxMs: 30_000 };

/**
 * Watches what runs and asks for a scan of each image that is new (kollector.md 11, 13). `start` does not wait for the cluster: until
 * the first list is complete the service is not ready, and it tries again while there is no cluster.
 */
export function createKollector(config: KollectorConfig, ports: KollectorPorts): Kollector {
  const { logger, clock, source } = ports;
  const meters = kollectorMetrics(ports.metrics);
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
      meters,
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
    },
    { ...ports, meters, seen, ask: queue.add },
  );
  const kinds = source.type === 'cluster' ? [podKind] : templateKinds;
  const stopping = new AbortController();
  const waitingFor = new Map(kinds.map(({ kind }) => [kind, 'not listed yet']));
  let problem: string | undefined;
  let watching: Promise<void> | undefined;

  const onEvent = (event: SourceEvent) => {
    if (event.type === 'synced') waitingFor.delete(event.kind.kind);
    if (event.type === 'failed') waitingFor.set(event.kind.kind, `${event.reason}: ${event.detail}`);
    follower.onEvent(event);
  };

  const watch = async () => {
    for (let attempt = 1; !stopping.signal.aborted; attempt += 1) {
      try {
        await source.watch(kinds, onEvent, stopping.signal);
        problem = undefined;
        return;
      } catch (error) {
        if (stopping.signal.aborted) return;
        problem = describeError(error);
        const reason = error instanceof SourceError ? error.reason : 'unknown';
        logger.warn({ source: source.name, reason, problem, attempt }, 'the source cannot be watched yet');
        await clock.sleep(backoffDelay(attempt, sourceBackoff), stopping.signal).catch(() => {});
      }
    }
  };

  return {
    name: 'kollector',
    start: async () => {
      if (!config.triggerNewImageScan) {
        waitingFor.clear();
        return;
      }
      logger.info({ source: source.name, type: source.type, route: ports.sender.route }, 'watching for new images');
      watching ??= watch();
    },
    stop: async () => {
      stopping.abort();
      await watching;
      await follower.stop();
      await queue.stop();
    },
    notReady: () => {
      if (problem !== undefined) return problem;
      const [first] = waitingFor;
      return first === undefined ? undefined : `${first[0]}: ${first[1]}`;
    },
    remarks: () => {
      if (!config.triggerNewImageScan) return ['scans of new images are turned off'];
      return queue.size === 0 ? [] : [`${queue.size} workloads wait to be asked for through the ${ports.sender.route}`];
    },
    idle: async () => {
      await follower.idle();
      await queue.idle();
    },
  };
}

function namespaceFilter({ includeNamespaces, excludeNamespaces }: KollectorConfig): (namespace: string) => boolean {
  const included = new Set(includeNamespaces);
  const excluded = new Set(excludeNamespaces);
  return (namespace) => (included.size === 0 ? !excluded.has(namespace) : included.has(namespace));
}
