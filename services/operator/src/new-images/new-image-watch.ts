import { once } from 'node:events';
import type { ObjectSource, SourceEvent } from '@kso/domain';
import { type BasePorts, backoffDelay, describeError } from '@kso/kit';
import type { TopOwner } from '@kso/kube';
import { type AskedImages, type CommandSender, createImageTrigger, type NewImageMeters } from '@kso/new-images';
import type { KubeObject } from '@kso/wire';
import type { OperatorConfig } from '../config.ts';
import type { ClusterWatch } from '../leading/follow-cluster.ts';
import { guardTimeOf } from '../pods/guard-time.ts';

/** Where new images are seen. */
export interface NewImagePorts {
  readonly source: ObjectSource;
  /** @throws while the API server cannot answer. */
  readonly topOwner: (object: KubeObject) => Promise<TopOwner>;
  /** Closed by whoever opened it. */
  readonly asked: AskedImages;
}

/** Asks for a scan of each image that is new in the cluster (operator-gateway.md 4.2.7), by the rules of kollector.md 13. */
export interface NewImageWatch extends ClusterWatch {
  /** Watches until `signal` aborts; never rejects. May be run again afterwards, by the next term. */
  run(signal: AbortSignal): Promise<void>;
  /** For the answer of the readiness probe: why nothing can be seen, and what waits. */
  remarks(): readonly string[];
}

const backoff = { baseMs: 1000, maxMs: 30_000 };

export function createNewImageWatch(
  config: OperatorConfig,
  ports: BasePorts & NewImagePorts & { readonly sender: CommandSender; readonly meters: NewImageMeters },
): NewImageWatch {
  const { logger, clock, source } = ports;
  const { clusterName, includeNamespaces, excludeNamespaces, newImages } = config;
  const settings = {
    ...newImages,
    ...(clusterName === '' ? {} : { clusterName }),
    includeNamespaces,
    excludeNamespaces,
    podScanGuardTime: guardTimeOf(config),
  };
  let problem: string | undefined;
  let pending = () => 0;

  const note = (event: SourceEvent) => {
    if (event.type === 'synced') problem = undefined;
    if (event.type !== 'failed') return;
    problem = `${event.kind.kind}: ${event.reason}: ${event.detail}`;
    logger.warn({ reason: event.reason, problem }, 'new images cannot be seen');
  };

  const watch = async (
    onEvent: (event: SourceEvent) => void,
    kinds: Parameters<ObjectSource['watch']>[0],
    signal: AbortSignal,
  ) => {
    for (let attempt = 1; !signal.aborted; attempt += 1) {
      try {
        await source.watch(kinds, onEvent, signal);
        return;
      } catch (error) {
        if (signal.aborted) return;
        problem = describeError(error);
        logger.warn({ source: source.name, problem, attempt }, 'new images cannot be seen yet');
        await clock.sleep(backoffDelay(attempt, backoff), signal).catch(() => undefined);
      }
    }
  };

  return {
    what: 'new images',
    run: async (signal) => {
      const trigger = createImageTrigger(settings, ports);
      pending = () => trigger.pending;
      logger.info({ source: source.name }, 'watching for new images');
      const onEvent = (event: SourceEvent) => {
        note(event);
        trigger.onEvent(event);
      };
      try {
        await watch(onEvent, trigger.kinds, signal);
        if (!signal.aborted) await once(signal, 'abort');
      } finally {
        await trigger.stop();
        pending = () => 0;
      }
    },
    remarks: () => [
      ...(problem === undefined ? [] : [`new images cannot be seen: ${problem}`]),
      ...(pending() === 0 ? [] : [`new images of ${pending()} workloads are still to be asked for`]),
    ],
  };
}
