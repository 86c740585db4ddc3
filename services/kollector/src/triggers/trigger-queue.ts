import { randomUUID } from 'node:crypto';
import { type BasePorts, retryDelay } from '@kso/kit';
import { createTurns } from '@kso/kube';
import type { ContainerImage } from '../images/container-image.ts';
import type { KollectorMetrics } from '../kollector-metrics.ts';
import type { CommandSender } from './command-sender.ts';
import { type ScanRequest, scanCommand } from './scan-command.ts';

export interface TriggerQueueOptions {
  readonly maxPending: number;
  readonly concurrency: number;
  readonly backoff: { readonly baseMs: number; readonly maxMs: number };
  readonly giveUpAfterMs: number;
}

export interface TriggerQueuePorts extends BasePorts {
  readonly sender: CommandSender;
  readonly meters: KollectorMetrics;
  readonly delivered: (wlid: string, images: readonly ContainerImage[]) => void;
  /** Refused, given up, or no room for it. */
  readonly lost: (wlid: string, images: readonly ContainerImage[]) => void;
}

/** Commands on their way, one entry for each workload: what comes while an entry waits is added to it. */
export interface TriggerQueue {
  add(wlid: string, images: readonly ContainerImage[]): void;
  readonly size: number;
  /** Resolves when nothing is on its way. */
  idle(): Promise<void>;
  /** Ends waits and requests; what is on its way is lost with the process and asked for at the next start. */
  stop(): Promise<void>;
}

interface Entry {
  readonly wlid: string;
  readonly since: number;
  images: ContainerImage[];
}

export function createTriggerQueue(options: TriggerQueueOptions, ports: TriggerQueuePorts): TriggerQueue {
  const { clock, logger, meters, sender, tracer } = ports;
  const entries = new Map<string, Entry>();
  const deliveries = new Set<Promise<void>>();
  const inTurn = createTurns(options.concurrency);
  const stopping = new AbortController();

  const drop = (entry: Entry, result: 'refused' | 'givenUp' | 'noRoom') => {
    entries.delete(entry.wlid);
    meters.trigger(result);
    ports.lost(entry.wlid, entry.images);
  };

  const deliver = async (entry: Entry) => {
    while (entry.images.length > 0) {
      const batch = { wlid: entry.wlid, jobId: randomUUID(), images: entry.images };
      const result = await sendBatch(batch, entry.since);
      if (result !== 'accepted') {
        drop(entry, result);
        return;
      }
      ports.delivered(entry.wlid, batch.images);
      // What was added meanwhile goes out as a command of its own.
      entry.images = entry.images.filter((image) => !batch.images.includes(image));
    }
    entries.delete(entry.wlid);
  };

  /** Sends until it is accepted, refused or too late; the same command each time, so a receiver can tell. */
  const sendBatch = async (batch: ScanRequest, since: number): Promise<'accepted' | 'refused' | 'givenUp'> => {
    const log = logger.child({ jobId: batch.jobId, wlid: batch.wlid });
    for (let attempt = 1; ; attempt += 1) {
      const outcome = await inTurn(() => sendOnce(batch));
      if (outcome.outcome === 'accepted') {
        meters.trigger('accepted');
        const containers = batch.images.map(({ containerName }) => containerName);
        log.info({ containers, route: sender.route }, 'scan of new images asked for');
        return 'accepted';
      }
      if (outcome.outcome === 'refused') {
        log.error({ status: outcome.status, detail: outcome.detail }, 'scan of new images refused');
        return 'refused';
      }
      if (clock.now() - since > options.giveUpAfterMs) {
        log.error({ detail: outcome.detail, attempt }, 'scan of new images given up');
        return 'givenUp';
      }
      meters.trigger('retried');
      // Thousands of workloads may wait for the same operator.
      log[attempt === 1 ? 'warn' : 'debug'](
        { detail: outcome.detail, attempt },
        'scan of new images not asked for yet',
      );
      await clock.sleep(retryDelay(attempt, options.backoff, outcome.retryAfterMs), stopping.signal);
    }
  };

  const sendOnce = (batch: ScanRequest) => {
    const attributes = { wlid: batch.wlid, jobId: batch.jobId, route: sender.route };
    return tracer.span('kollector.askForScan', { kind: 'producer', attributes }, () =>
      sender.send(scanCommand(batch, clock.now()), stopping.signal),
    );
  };

  return {
    add: (wlid, images) => {
      const waiting = entries.get(wlid);
      if (waiting !== undefined) {
        waiting.images = [...waiting.images, ...images];
        return;
      }
      const entry: Entry = { wlid, since: clock.now(), images: [...images] };
      if (entries.size >= options.maxPending) {
        logger.error({ wlid, pending: entries.size }, 'no room for another scan of new images');
        drop(entry, 'noRoom');
        return;
      }
      entries.set(wlid, entry);
      const delivery = deliver(entry)
        .catch((error: unknown) => {
          if (stopping.signal.aborted) return;
          logger.error({ err: error, wlid }, 'asking for a scan failed');
          drop(entry, 'refused');
        })
        .finally(() => {
          deliveries.delete(delivery);
          meters.pending(entries.size);
        });
      deliveries.add(delivery);
      meters.pending(entries.size);
    },
    get size() {
      return entries.size;
    },
    idle: async () => {
      while (deliveries.size > 0) await Promise.all(deliveries);
    },
    stop: async () => {
      stopping.abort();
      await Promise.all(deliveries);
    },
  };
}
