import { randomUUID } from 'node:crypto';
import {
  type BasePorts,
  describeError,
  type HttpClient,
  parseRetryAfter,
  type RetryPolicy,
  type RotatingToken,
  retry,
} from '@kso/kit';

/** One HTTP request that has to arrive. */
export interface Delivery {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Sent as bearer token, read anew for each attempt that needs it. */
  readonly token?: RotatingToken;
  /** The same for every attempt, so that a receiver that saw the first one can tell; made up if absent. */
  readonly idempotencyKey?: string;
}

export type DeliveryOutcome =
  /** 2xx. `body` is cut at `maxBody` bytes. `jobIds`: what the operator has made of it. */
  | { readonly kind: 'accepted'; readonly status: number; readonly body: string; readonly jobIds: readonly string[] }
  /** The other side said no, and would again. */
  | { readonly kind: 'refused'; readonly status: number; readonly body: string }
  /** The other side said "not now". */
  | {
      readonly kind: 'busy';
      readonly status: number;
      readonly body: string;
      readonly retryAfterMs: number | undefined;
    }
  /** No answer: no connection, time-out, no token. */
  | { readonly kind: 'unreachable'; readonly reason: string };

export interface DeliveryOptions {
  readonly http: Pick<HttpClient, 'request'>;
  readonly retry: RetryPolicy;
  /** For one attempt, in ms. */
  readonly timeoutMs: number;
  /** Bytes of an answer that are kept. */
  readonly maxBody: number;
  readonly signal?: AbortSignal;
}

/** Statuses that say that the same request may succeed later. */
const busyStatuses = new Set([408, 425, 429, 502, 503, 504]);

/** Sends until it is accepted, refused, or the attempts or the time are used up. @throws the signal's reason when it aborts during a wait */
export async function deliver(
  delivery: Delivery,
  options: DeliveryOptions,
  ports: BasePorts,
): Promise<DeliveryOutcome> {
  const idempotencyKey = delivery.idempotencyKey ?? randomUUID();
  return await retry(
    options.retry,
    {
      clock: ports.clock,
      ...(options.signal === undefined ? {} : { signal: options.signal }),
      decide: (outcome) => {
        if (outcome.kind === 'busy') return { retry: true, retryAfterMs: outcome.retryAfterMs };
        return { retry: outcome.kind === 'unreachable' };
      },
      onWait: ({ attempt, delayMs, result }) =>
        ports.logger.warn({ attempt, delayMs, ...describeOutcome(result) }, 'not delivered, trying again'),
    },
    () => attempt({ ...delivery, idempotencyKey }, options, ports),
  );
}

async function attempt(delivery: Delivery, options: DeliveryOptions, ports: BasePorts): Promise<DeliveryOutcome> {
  const first = await attemptOnce(delivery, options, ports);
  if (first.kind !== 'refused' || first.status !== 401 || delivery.token === undefined) return first;
  // The token may just have been renewed.
  delivery.token.rejected();
  return await attemptOnce(delivery, options, ports);
}

async function attemptOnce(delivery: Delivery, options: DeliveryOptions, ports: BasePorts): Promise<DeliveryOutcome> {
  const timeout = AbortSignal.timeout(options.timeoutMs);
  const signal = options.signal === undefined ? timeout : AbortSignal.any([timeout, options.signal]);
  try {
    const response = await options.http.request(delivery.url, {
      method: delivery.method,
      headers: await headersOf(delivery, ports),
      body: delivery.body ?? null,
      signal,
    });
    const body = await readSome(response.body, options.maxBody);
    const status = response.statusCode;
    if (status >= 200 && status < 300)
      return { kind: 'accepted', status, body, jobIds: jobIdsOf(response.headers['x-kso-job-ids']) };
    if (!busyStatuses.has(status)) return { kind: 'refused', status, body };
    const header = response.headers['retry-after'];
    const retryAfterMs = parseRetryAfter(typeof header === 'string' ? header : undefined, ports.clock.now());
    return { kind: 'busy', status, body, retryAfterMs };
  } catch (error) {
    if (options.signal?.aborted === true) throw error;
    return { kind: 'unreachable', reason: timeout.aborted ? 'time-out' : describeError(error) };
  }
}

async function headersOf(delivery: Delivery, ports: BasePorts): Promise<Record<string, string>> {
  const traceparent = ports.tracer.current();
  return {
    // Who receives it lets it wait behind what a person asked for.
    'x-kso-priority': 'recurring',
    ...delivery.headers,
    ...(delivery.idempotencyKey === undefined ? {} : { 'idempotency-key': delivery.idempotencyKey }),
    ...(traceparent === undefined ? {} : { traceparent }),
    ...(delivery.token === undefined ? {} : { authorization: `Bearer ${await delivery.token.get()}` }),
  };
}

/** The beginning of a body; the rest is not read, however long it is. */
async function readSome(body: AsyncIterable<Buffer>, limit: number): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    chunks.push(chunk.subarray(0, limit - size));
    size += chunk.length;
    if (size >= limit) break;
  }
  return Buffer.concat(chunks).toString('utf8');
}

function jobIdsOf(header: string | string[] | undefined): string[] {
  return typeof header === 'string' ? header.split(',').filter((id) => /^[\w.:-]{1,256}$/.test(id)) : [];
}

/** Fields for a log line. */
export function describeOutcome(outcome: DeliveryOutcome): Record<string, string | number | readonly string[]> {
  if (outcome.kind === 'unreachable') return { outcome: outcome.kind, reason: outcome.reason };
  const { kind, status, body } = outcome;
  const [jobId, ...others] = kind === 'accepted' ? outcome.jobIds : [];
  return {
    outcome: kind,
    status,
    response: body.slice(0, 1024),
    ...(jobId === undefined ? {} : { jobId }),
    ...(others.length === 0 ? {} : { otherJobIds: others }),
  };
}
