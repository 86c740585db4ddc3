import type { SbomEngine, SbomOutcome, SbomRequest } from '@kso/engines';
import type { Clock, Logger } from '@kso/kit';
import type { JobQueue, JobRecord, NewJob } from '@kso/queue';
import type { JsonObject } from '@kso/wire';
import type { OpenOrder, SbomOrders } from './orders.ts';
import { type SbomJob, sbomJobKind } from './protocol.ts';

export interface DelegatingOptions {
  /** The owner's: for images that no worker takes, and for those that lie in files of the owner. */
  readonly own: SbomEngine;
  readonly orders: SbomOrders;
  readonly queue: JobQueue;
  readonly clock: Clock;
  readonly logger: Logger;
  /** An order that waits for a worker so long is the owner's again. */
  readonly takeWithinMs: number;
  /** Told how each order ended. */
  readonly onEnd: (end: 'answered' | 'notTaken' | 'lost') => void;
}

const lookEveryMs = 500;

/**
 * An `SbomEngine` that gives the work to workers. They are for speed: what they do not take in time, or lose, the owner makes itself,
 * so that an image has its one result whatever becomes of them.
 */
export function delegateToWorkers(options: DelegatingOptions): SbomEngine {
  const { own, clock } = options;
  return {
    status: () => own.status(),
    create: async (request, signal) => {
      const { source } = request;
      const lookup = await own.status();
      if (source.type !== 'registry' || lookup.found !== 'found') return own.create(request, signal);
      const until = clock.now() + request.timeoutMs;
      const order = options.orders.open({ ...request, source }, lookup.version);
      const answer = await answerOf(options, order, request, signal);
      if (answer !== undefined) return answer;
      const timeoutMs = Math.max(1, until - clock.now());
      return own.create({ ...request, timeoutMs }, signal);
    },
  };
}

/** Undefined: no worker will answer. */
async function answerOf(
  { orders: _orders, ...options }: DelegatingOptions,
  order: OpenOrder,
  request: SbomRequest,
  signal: AbortSignal | undefined,
): Promise<SbomOutcome | undefined> {
  const { queue, logger, onEnd } = options;
  const ended = new AbortController();
  const stop = AbortSignal.any([ended.signal, ...(signal === undefined ? [] : [signal])]);
  try {
    await queue.add(jobOf(order, request, options.clock.now()));
    const answer = await Promise.race([order.answer, watch(options, order.id, stop)]);
    if (typeof answer !== 'string') {
      onEnd('answered');
      return answer;
    }
    await withdraw(options, order);
    logger.warn({ order: order.id, why: answer }, 'no worker makes this SBOM: it is made here');
    onEnd(answer);
    return undefined;
  } catch (error) {
    await withdraw(options, order);
    if (signal?.aborted === true) return { outcome: 'cancelled' };
    logger.warn({ err: error }, 'an SBOM could not be ordered from the workers: it is made here');
    onEnd('lost');
    return undefined;
  } finally {
    ended.abort();
    order.close();
  }
}

/** A worker that has the order stops; none takes it any more. */
async function withdraw({ queue, logger }: Omit<DelegatingOptions, 'orders'>, { id }: OpenOrder): Promise<void> {
  try {
    await queue.cancel(id);
  } catch (error) {
    logger.debug({ err: error, order: id }, 'the job of an order could not be cancelled');
  }
}

function jobOf({ id }: OpenOrder, request: SbomRequest, now: number): NewJob {
  const { source, origin } = request;
  const image = source.type === 'registry' ? source.reference : '';
  const payload: SbomJob & JsonObject = {
    order: id,
    image,
    ...(origin === undefined ? {} : { jobId: origin.jobId }),
    ...(origin?.parentId === undefined ? {} : { parentId: origin.parentId }),
  };
  return {
    kind: sbomJobKind,
    key: id,
    payload,
    priority: origin?.priority ?? ('onDemand' as const),
    // Whoever asks for the scan by its id is not to find this one.
    jobId: id,
    expiresAt: now + request.timeoutMs,
  };
}

/** Ends when the job can bring no answer any more. @throws the reason of `stop` */
async function watch(
  { queue, clock, logger, takeWithinMs }: Omit<DelegatingOptions, 'orders'>,
  key: string,
  stop: AbortSignal,
): Promise<'notTaken' | 'lost'> {
  let taken = clock.now();
  for (;;) {
    await clock.sleep(lookEveryMs, stop);
    const record = await readRecord(queue, key, logger);
    // While the queue cannot be asked, workers can neither take nor lose anything.
    if (record === 'unavailable') continue;
    if (record?.state === 'active') taken = clock.now();
    else if (record?.state !== 'waiting' && record?.state !== 'delayed') return 'lost';
    else if (clock.now() - taken >= takeWithinMs) return 'notTaken';
  }
}

async function readRecord(
  queue: JobQueue,
  key: string,
  logger: Logger,
): Promise<JobRecord | undefined | 'unavailable'> {
  try {
    return await queue.get(key);
  } catch (error) {
    logger.debug({ err: error, order: key }, 'the queue cannot be asked how far an order is');
    return 'unavailable';
  }
}
