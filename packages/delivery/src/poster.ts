import { type BasePorts, createHttpClient, describeError, type Outgoing, readOutgoing, retryDelay } from '@kso/kit';
import { type Outbox, observeOutbox, type QueuedEntry } from '@kso/store';
import { createDeliveryLog, routeOf } from './delivery-log.ts';
import { fail } from './errors.ts';
import type { PostOutcome } from './outcome.ts';
import type { CloudEndpointTarget, Poster } from './port.ts';
import { parseTarget, post } from './request.ts';
import { createSignal } from './signal.ts';
import { createTargetHealth } from './target-health.ts';

export interface PosterOptions extends BasePorts {
  readonly outbox: Outbox;
  readonly target: CloudEndpointTarget;
  /** Whose outbox it is; label of the metrics, those of the outbox included. */
  readonly service: string;
  /** Posts at once; default 8 (kubevuln.md 10.3). */
  readonly concurrency?: number;
  /** Limit of one post in ms, answer included. Default 60 s. */
  readonly timeoutMs?: number;
  /** Bodies of at least so many bytes are sent with gzip. Default 16 KiB. */
  readonly gzipBytes?: number;
  /** First wait and ceiling of retries. Default 1 s and 5 min. */
  readonly retry?: { readonly baseMs: number; readonly maxMs: number };
  /** Wait after 401, 403, 404 and whatever else says that address or account are wrong. Default 1 min. */
  readonly misconfiguredMs?: number;
  /** How often the outbox is looked at without being woken, for entries that another thread put. Default 1 s. */
  readonly tickMs?: number;
  /** How long `stop` waits for posts under way before it cuts them off. Default 10 s. */
  readonly graceMs?: number;
  /** Proxy and CA; by default those of the process's environment. */
  readonly outgoing?: Outgoing;
  /** 0 ≤ x < 1; `Math.random` by default. */
  readonly random?: () => number;
}

/**
 * Posts what is in the outbox, each entry at least once, groups in order and next to each other. Only due entries are read, so memory
 * does not grow with what waits. docs/adr/0008-delivery.md says what follows from which answer.
 * @throws TARGET_INVALID
 */
export function createPoster(options: PosterOptions): Poster {
  const { outbox, clock, concurrency = 8, tickMs = 1_000 } = options;
  const address = parseTarget(options.target.url);
  const logger = options.logger.child({ endpoint: address.origin });
  const backoff = { ...(options.retry ?? { baseMs: 1_000, maxMs: 300_000 }), random: options.random ?? Math.random };
  const health = createTargetHealth({ ...backoff, misconfiguredMs: options.misconfiguredMs ?? 60_000 });
  const log = createDeliveryLog({ logger, metrics: options.metrics, service: options.service });
  const stopping = new AbortController();
  const cutOff = new AbortController();
  const sender = createSender(options, cutOff.signal);

  const inFlight = new Map<number, Promise<void>>();
  const changed = createSignal();
  const idleWaiters = new Set<() => void>();
  let loop: Promise<void> | undefined;
  let stopped: Promise<void> | undefined;
  let endObserving: (() => void) | undefined;

  const conclude = (entry: QueuedEntry, outcome: PostOutcome, startedAt: number): void => {
    const now = clock.now();
    log.posted(entry, outcome, now - startedAt);
    switch (outcome.kind) {
      case 'abandoned':
        return;
      case 'delivered':
        outbox.delivered(entry.id);
        break;
      case 'refused':
        outbox.undeliverable(entry.id, outcome.reason);
        break;
      default: {
        const pause = health.failed(outcome, startedAt, now) ?? health.pause();
        const retryAfterMs = outcome.kind === 'busy' ? outcome.retryAfterMs : undefined;
        const when = pause?.until ?? now + retryDelay(entry.attempts + 1, backoff, retryAfterMs);
        outbox.retryAt(entry.id, when, outcome.reason);
        log.waits(entry, outcome.reason, { now, until: when }, pause);
        return;
      }
    }
    // Also a refusal is an answer in the endpoint's own words: it is there, and it knows us.
    if (health.succeeded()) log.resumed();
  };

  const begin = (entry: QueuedEntry): void => {
    const startedAt = clock.now();
    const work = sender
      .send(entry)
      .then((outcome) => conclude(entry, outcome, startedAt))
      .catch(async (error: unknown) => {
        // The outbox could not note the outcome: the entry is as before. Wait before it is taken again.
        logger.error({ err: error, jobId: entry.jobId, parentId: entry.parentId }, 'delivery failed');
        await clock.sleep(backoff.baseMs, cutOff.signal).catch(() => undefined);
      })
      .finally(() => {
        inFlight.delete(entry.id);
        changed.notify();
      });
    inFlight.set(entry.id, work);
  };

  /** Starts what may start now and says for how many ms there will be nothing else to start. */
  const fill = (): number => {
    const now = clock.now();
    const room = health.allowance(now, concurrency) - inFlight.size;
    if (room > 0) for (const entry of outbox.due(now, room, inFlight.keys())) begin(entry);
    const next = Math.max(outbox.nextDueAt() ?? Number.POSITIVE_INFINITY, health.pause()?.until ?? 0);
    return next > now ? Math.min(next - now, tickMs) : tickMs;
  };

  const isIdle = (): boolean => {
    if (inFlight.size > 0) return false;
    const now = clock.now();
    return health.allowance(now, concurrency) === 0 || (outbox.nextDueAt() ?? Number.POSITIVE_INFINITY) > now;
  };

  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      let waitMs = tickMs;
      try {
        waitMs = fill();
        if (isIdle()) for (const tell of idleWaiters) tell();
      } catch (error) {
        logger.error({ reason: describeError(error) }, 'the outbox cannot be read');
      }
      const waiting = new AbortController();
      await Promise.race([changed.wait(), clock.sleep(waitMs, waiting.signal).catch(() => undefined)]);
      waiting.abort();
    }
  };

  const stop = async (): Promise<void> => {
    changed.notify();
    await loop;
    const finished = new AbortController();
    const patience = clock.sleep(options.graceMs ?? 10_000, finished.signal).then(
      () => cutOff.abort(),
      () => undefined,
    );
    await Promise.all(inFlight.values());
    finished.abort();
    await patience;
    for (const tell of idleWaiters) tell();
    // The store may be closed next.
    endObserving?.();
    await sender.close();
  };

  return {
    start() {
      if (stopping.signal.aborted || loop !== undefined) return;
      endObserving = observeOutbox(outbox, options);
      loop = run();
    },
    wake: () => changed.notify(),
    stop() {
      stopping.abort();
      return (stopped ??= stop());
    },
    async idle(signal) {
      if (stopping.signal.aborted || signal?.aborted === true || isIdle()) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      idleWaiters.add(resolve);
      signal?.addEventListener('abort', () => resolve(), { once: true });
      changed.notify();
      await promise;
      idleWaiters.delete(resolve);
    },
  };
}

/** One post in its span. */
function createSender(options: PosterOptions, signal: AbortSignal) {
  const { tracer, clock, target, timeoutMs = 60_000, gzipBytes = 16_384 } = options;
  const http = createHttpClient({
    outgoing: options.outgoing ?? readOutgoing(process.env),
    headersTimeoutMs: timeoutMs,
  });

  const send = async (entry: QueuedEntry): Promise<PostOutcome> => {
    const path = routeOf(entry);
    const attributes = { 'http.route': path, 'kso.job_id': entry.jobId, 'kso.attempt': entry.attempts + 1 };
    let outcome: PostOutcome | undefined;
    const work = async () => {
      const traceparent = tracer.current() ?? entry.traceparent;
      outcome = await post(entry, { target, http, timeoutMs, gzipBytes, traceparent, signal, now: () => clock.now() });
      // A span shows a failure only when its function throws.
      if ('reason' in outcome) throw fail('POST_FAILED', { reason: outcome.reason });
      return outcome;
    };
    try {
      return await tracer.span(`POST ${path}`, { kind: 'client', parent: entry.traceparent, attributes }, work);
    } catch (error) {
      if (outcome === undefined) throw error;
      return outcome;
    }
  };
  return { send, close: () => http.close() };
}
