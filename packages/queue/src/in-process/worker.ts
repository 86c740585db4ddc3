import { type BasePorts, backoffDelay } from '@kso/kit';
import { fail } from '../errors.ts';
import type { JobHandler, JobWorker } from '../port.ts';
import type { ResolvedSettings } from '../settings.ts';
import { Attempt, failureOf, type Outcome } from '../shared/attempt.ts';
import { Attempts } from '../shared/attempts.ts';
import type { QueueMetrics } from '../shared/queue-metrics.ts';
import type { Claimed, Journal } from './journal.ts';

export interface WorkerContext {
  readonly journal: Journal;
  readonly settings: ResolvedSettings;
  readonly ports: BasePorts;
  readonly metrics: QueueMetrics;
  /** Something was written that may concern others: an end, a retry, a job that went back. */
  readonly changed: () => void;
}

const rewrite = { baseMs: 1000, maxMs: 30_000 };

/** Takes jobs of one kind from the journal as long as it has room. */
export class InProcessWorker implements JobWorker {
  readonly kind: string;
  readonly #concurrency: number;
  readonly #handler: JobHandler;
  readonly #context: WorkerContext;
  readonly #attempts: Attempts;
  readonly #closing = new AbortController();

  constructor(kind: string, concurrency: number, handler: JobHandler, context: WorkerContext) {
    this.kind = kind;
    this.#concurrency = Math.max(1, Math.floor(concurrency));
    this.#handler = handler;
    this.#context = context;
    this.#attempts = new Attempts(context.ports.clock);
  }

  /** Fills free places. Called whenever a job may wait. */
  fill(): void {
    const { journal, ports } = this.#context;
    while (!this.#closing.signal.aborted && this.#attempts.size < this.#concurrency) {
      const claimed = journal.claim(this.kind, ports.clock.now());
      if (claimed === undefined) return;
      this.#start(claimed);
    }
  }

  cancel(key: string): void {
    this.#attempts.cancel(key);
  }

  async close(graceMs: number): Promise<void> {
    this.#closing.abort();
    // Writing is synchronous here; what takes time is a handler that does not listen.
    await this.#attempts.drain(graceMs, this.#context.settings.abortGraceMs * 2);
  }

  #start({ run, record }: Claimed): void {
    const { journal, settings, ports } = this.#context;
    const report = async (json: string): Promise<void> => journal.progress(run, json);
    const attempt = new Attempt({ record, settings, ports, report });
    this.#attempts.track(attempt, this.#finish(run, attempt));
  }

  async #finish(run: number, attempt: Attempt): Promise<void> {
    const { metrics, changed } = this.#context;
    const begun = performance.now();
    const outcome = await attempt.run(this.#handler);
    metrics.attempt(attempt.record, outcome.type, (performance.now() - begun) / 1000);
    await this.#writeAtLast(run, attempt, outcome);
    // After this promise has settled the place is free.
    queueMicrotask(changed);
  }

  /**
   * A full disk may have room later: until then the job keeps its place, and nobody who adds its key anew waits for nothing. Left
   * unwritten at the end, it is still active in the journal and counts as stalled at the next start.
   */
  async #writeAtLast(run: number, { record }: Attempt, outcome: Outcome): Promise<void> {
    const { clock, logger } = this.#context.ports;
    const log = logger.child({ kind: this.kind, jobId: record.jobId, parentId: record.parentId });
    for (let failures = 1; ; failures += 1) {
      try {
        this.#write(run, outcome);
        return;
      } catch (error) {
        log.error({ err: error, outcome: outcome.type }, 'the outcome of a job cannot be written');
        if (this.#closing.signal.aborted) return;
        await clock.sleep(backoffDelay(failures, rewrite), this.#closing.signal).catch(() => undefined);
      }
    }
  }

  #write(run: number, outcome: Outcome): void {
    const { journal, ports } = this.#context;
    const now = ports.clock.now();
    switch (outcome.type) {
      case 'succeeded':
        journal.end(run, { state: 'succeeded', result: outcome.result }, now);
        return;
      case 'failed':
      case 'cancelled':
        journal.end(run, { state: outcome.type, failure: outcome.failure }, now);
        return;
      case 'retry':
        journal.retry(run, outcome.failure, now + outcome.delayMs);
        return;
      case 'released':
        journal.release(run, now);
        return;
      case 'lost':
        journal.end(run, { state: 'failed', failure: failureOf(fail('JOB_LOST')) }, now);
        return;
    }
  }
}
