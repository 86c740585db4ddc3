import { type BasePorts, backoffDelay, describeError, KsoError, retryDelay } from '@kso/kit';
import type { JsonValue } from '@kso/wire';
import { fail } from '../errors.ts';
import type { JobFailure, JobHandler, JobRecord, RunningJob } from '../port.ts';
import type { ResolvedSettings } from '../settings.ts';

/** What is to be written about an attempt that is over. */
export type Outcome =
  /** `result` is JSON. */
  | { readonly type: 'succeeded'; readonly result: string }
  | { readonly type: 'failed' | 'cancelled'; readonly failure: JobFailure }
  | { readonly type: 'retry'; readonly failure: JobFailure; readonly delayMs: number }
  /** Shutdown: back to the queue without a lost attempt. */
  | { readonly type: 'released' }
  /** Another worker has the job: nothing to write. */
  | { readonly type: 'lost' };

export interface AttemptOptions {
  readonly record: JobRecord;
  readonly settings: ResolvedSettings;
  readonly ports: BasePorts;
  /** Stores progress (JSON). */
  readonly report: (json: string) => Promise<void>;
}

const defaultAttempts = 3;
const defaultBackoffMs = 1000;
const maxMessageLength = 500;

/** One try at a job: calls the handler, carries aborts to it, and makes an outcome of whatever happens. Never rejects. */
export class Attempt {
  readonly record: JobRecord;
  readonly #options: AttemptOptions;
  readonly #abort = new AbortController();
  readonly #givenUp = Promise.withResolvers<Outcome>();

  constructor(options: AttemptOptions) {
    this.record = options.record;
    this.#options = options;
  }

  cancel(): void {
    this.#abort.abort(fail('JOB_CANCELLED'));
  }

  lose(): void {
    this.#abort.abort(fail('JOB_LOST'));
  }

  /** Asks the handler to stop and hands the job back even if it does not. */
  release(): void {
    this.#abort.abort(fail('JOB_RELEASED'));
    const { clock } = this.#options.ports;
    void clock.sleep(this.#options.settings.abortGraceMs).then(() => this.#givenUp.resolve({ type: 'released' }));
  }

  run(handler: JobHandler): Promise<Outcome> {
    const { record, ports } = this.#options;
    const attributes = { 'job.kind': record.kind, 'job.id': record.jobId, 'job.attempt': record.attemptsMade + 1 };
    const span = { kind: 'consumer', parent: record.traceparent, attributes } as const;
    // `async`, so that a handler that throws at once rejects like any other.
    const work = ports.tracer.span(`job ${record.kind}`, span, async () => await handler(this.#runningJob()));
    const outcome = work.then(
      (result) => this.#finished(result),
      (error: unknown) => this.#threw(error),
    );
    return Promise.race([outcome, this.#givenUp.promise]);
  }

  #runningJob(): RunningJob {
    return {
      ...this.record,
      signal: this.#abort.signal,
      report: (progress) => this.#options.report(this.#limited(progress)),
    };
  }

  /** A result counts also when the attempt was cancelled meanwhile: the work is done. */
  #finished(result: JsonValue): Outcome {
    try {
      return { type: 'succeeded', result: this.#limited(result) };
    } catch (error) {
      return this.#threw(error);
    }
  }

  #threw(error: unknown): Outcome {
    const stopped: unknown = this.#abort.signal.reason;
    if (stopped instanceof KsoError && stopped.code === 'JOB_LOST') return { type: 'lost' };
    if (stopped instanceof KsoError && stopped.code === 'JOB_RELEASED') return { type: 'released' };
    if (stopped instanceof KsoError) return { type: 'cancelled', failure: failureOf(stopped) };
    return this.#failed(error);
  }

  #failed(error: unknown): Outcome {
    const { record, settings, ports } = this.#options;
    const number = record.attemptsMade + 1;
    const failure = failureOf(error);
    const log = ports.logger.child({ kind: record.kind, jobId: record.jobId, parentId: record.parentId });
    const final = error instanceof KsoError && !error.retryable;
    if (final || number >= (record.attempts ?? defaultAttempts)) {
      log.warn({ err: error, code: failure.code, attempt: number }, 'job failed');
      return { type: 'failed', failure };
    }
    const backoff = { baseMs: record.backoffMs ?? defaultBackoffMs, maxMs: settings.maxBackoffMs };
    const asked = error instanceof KsoError ? error.context['retryAfterMs'] : undefined;
    const delayMs =
      typeof asked === 'number' ? retryDelay(number, backoff, Math.max(0, asked)) : backoffDelay(number, backoff);
    log.warn({ err: error, code: failure.code, attempt: number, delayMs }, 'job attempt failed and will be repeated');
    return { type: 'retry', failure, delayMs };
  }

  #limited(value: JsonValue): string {
    const json = JSON.stringify(value ?? null);
    const bytes = Buffer.byteLength(json);
    const limit = this.#options.settings.maxResultBytes;
    if (bytes > limit) throw fail('RESULT_TOO_LARGE', { bytes, limit });
    return json;
  }
}

/** A stable code and one line for people. What is no KsoError is a bug of the handler: it keeps its text, under one code. */
export function failureOf(error: unknown): JobFailure {
  const code = error instanceof KsoError ? error.code : 'HANDLER_FAILED';
  const message = describeError(error).replaceAll(/\s+/g, ' ').trim().slice(0, maxMessageLength);
  return { code, message };
}
