import { randomUUID } from 'node:crypto';
import { type BasePorts, backoffDelay, retryDelay } from '@kso/kit';
import { createTurns } from '@kso/kube';
import type { CommandProgress, CommandSender } from './command-sender.ts';
import type { ContainerImage } from './container-image.ts';
import type { NewImageMeters } from './meters.ts';
import { type ScanRequest, scanCommand } from './scan-command.ts';

export interface TriggerQueueOptions {
  readonly maxPending: number;
  readonly concurrency: number;
  readonly backoff: { readonly baseMs: number; readonly maxMs: number };
  readonly giveUpAfterMs: number;
}

export interface TriggerQueuePorts extends BasePorts {
  readonly sender: CommandSender;
  readonly meters: Pick<NewImageMeters, 'trigger' | 'pending'>;
  /** The scans are queued, as far as the sender can know. */
  readonly delivered: (wlid: string, images: readonly ContainerImage[]) => void;
  /** Those of the images that still run. */
  readonly stillRunning: (wlid: string, images: readonly ContainerImage[]) => readonly ContainerImage[];
  /** Refused, given up, no room for it, or no scan was made before the pods had gone. */
  readonly lost: (wlid: string, images: readonly ContainerImage[]) => void;
}

/**
 * Commands on their way, one entry for each workload: what comes while an entry waits is added to it. A command has arrived when its
 * scans are in the operator's queue; one that was accepted and made none is asked for again as long as the images run.
 */
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

type Delivery = 'queued' | 'refused' | 'givenUp' | 'gone';

/** The operator needs a moment to look the pods up; after that it waits for something. */
const followBaseMs = 250;
/** An operator that finds nothing is asked less and less often. */
const repeatCeiling = 10;

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
      const images = oneOfEachContainer(entry.images);
      const result = await untilQueued(entry, images);
      if (result === 'refused' || result === 'givenUp') {
        drop(entry, result);
        return;
      }
      if (result === 'queued') ports.delivered(entry.wlid, images);
      // When a pod runs them again they are new again.
      else ports.lost(entry.wlid, images);
      // What was added meanwhile, or is another image of the same container, goes out as a command of its own.
      entry.images = entry.images.filter((image) => !images.includes(image));
    }
    entries.delete(entry.wlid);
  };

  /** Asks, with a new command each time, until one has made scans. */
  const untilQueued = async ({ wlid, since }: Entry, images: readonly ContainerImage[]): Promise<Delivery> => {
    let running = images;
    for (let attempt = 1; ; attempt += 1) {
      const batch = { wlid, jobId: randomUUID(), images: running };
      const sent = await sendBatch(batch, since);
      if (sent !== 'accepted') return sent;
      const made = await follow(batch.jobId);
      if (made.progress !== 'nothing') return 'queued';
      if (clock.now() - since > options.giveUpAfterMs) return 'givenUp';
      meters.trigger('repeated');
      logger.warn({ jobId: batch.jobId, wlid, detail: made.detail, attempt }, 'the command made no scan, asking again');
      const { baseMs, maxMs } = options.backoff;
      await clock.sleep(backoffDelay(attempt, { baseMs, maxMs: maxMs * repeatCeiling }), stopping.signal);
      running = ports.stillRunning(wlid, images);
      if (running.length === 0) return 'gone';
    }
  };

  /** What became of an accepted command; waits while it is open. */
  const follow = async (jobId: string): Promise<Exclude<CommandProgress, { progress: 'open' }>> => {
    const { progressOf } = sender;
    if (progressOf === undefined) return { progress: 'untold' };
    for (let attempt = 1; ; attempt += 1) {
      const made = await inTurn(() => progressOf(jobId, stopping.signal));
      if (made.progress !== 'open') return made;
      const backoff = { baseMs: followBaseMs, maxMs: options.backoff.maxMs };
      await clock.sleep(backoffDelay(attempt, backoff), stopping.signal);
    }
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
    return tracer.span('newImages.askForScan', { kind: 'producer', attributes }, () =>
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

/** A command names one image for each container; during a roll-out there are two. */
function oneOfEachContainer(images: readonly ContainerImage[]): ContainerImage[] {
  const first = new Map<string, ContainerImage>();
  for (const image of images) if (!first.has(image.containerName)) first.set(image.containerName, image);
  return [...first.values()];
}
