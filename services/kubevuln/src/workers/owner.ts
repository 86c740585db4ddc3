import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import {
  type Clock,
  describeError,
  type HttpClient,
  type HttpRequestOptions,
  parseRetryAfter,
  type RotatingToken,
  retry,
} from '@kso/kit';
import { fail } from '../errors.ts';
import { orderFailurePath, orderPath, orderSbomPath, type SbomFailure, SbomOrder, sbomMediaType } from './protocol.ts';

/** Kubevuln as its workers see it. */
export interface Owner {
  /** Undefined: nobody waits for it any more. @throws OWNER_UNREACHABLE, OWNER_REFUSED */
  order(id: string, signal: AbortSignal): Promise<SbomOrder | undefined>;
  /** False: nobody waits for it any more. @throws OWNER_UNREACHABLE, OWNER_REFUSED */
  bring(
    id: string,
    sbom: { readonly file: string; readonly engineVersion: string },
    signal: AbortSignal,
  ): Promise<boolean>;
  /** False: nobody waits for it any more. @throws OWNER_UNREACHABLE, OWNER_REFUSED */
  explain(id: string, failure: SbomFailure, signal: AbortSignal): Promise<boolean>;
}

export interface OwnerOptions {
  readonly http: Pick<HttpClient, 'request'>;
  readonly url: URL;
  readonly token: RotatingToken | undefined;
  readonly clock: Clock;
  /** How long a request is tried again in all, in ms: a restart of the owner takes some seconds. */
  readonly budgetMs: number;
}

interface Request {
  readonly method: 'GET' | 'PUT';
  readonly path: string;
  readonly type?: string;
  /** Called for each attempt: a stream can be sent once only. */
  readonly body?: () => HttpRequestOptions['body'];
  readonly length?: number;
}

type Answer =
  | { readonly outcome: 'answered'; readonly status: number; readonly text: string }
  | { readonly outcome: 'busy'; readonly why: string; readonly retryAfterMs?: number | undefined };

/** An order is small; what is longer is none. */
const maxAnswerBytes = 1024 * 1024;

export function createOwner(options: OwnerOptions): Owner {
  const ask = async (request: Request, signal: AbortSignal): Promise<Answer & { outcome: 'answered' }> => {
    const answer = await retry(
      { attempts: 20, baseMs: 500, maxMs: 10_000, budgetMs: options.budgetMs },
      {
        clock: options.clock,
        signal,
        decide: (each) =>
          each.outcome === 'busy' ? { retry: true, retryAfterMs: each.retryAfterMs } : { retry: false },
      },
      () => attempt(options, request, signal),
    );
    if (answer.outcome === 'busy') throw fail('OWNER_UNREACHABLE', { why: answer.why });
    return answer;
  };
  const put = async (request: Omit<Request, 'method'>, signal: AbortSignal): Promise<boolean> => {
    const { status } = await ask({ method: 'PUT', ...request }, signal);
    if (status === 404) return false;
    if (status === 204) return true;
    throw fail('OWNER_REFUSED', { status });
  };
  return {
    order: async (id, signal) => {
      const { status, text } = await ask({ method: 'GET', path: pathOf(orderPath, id) }, signal);
      if (status === 404) return undefined;
      const order = status === 200 ? SbomOrder.safeParse(parseJson(text)) : undefined;
      // Not what it says: an order has logins in it.
      if (order?.success !== true) throw fail('OWNER_REFUSED', { status });
      return order.data;
    },
    bring: async (id, { file, engineVersion }, signal) => {
      const path = `${pathOf(orderSbomPath, id)}?engineVersion=${encodeURIComponent(engineVersion)}`;
      const { size } = await stat(file);
      return put({ path, type: sbomMediaType, body: () => createReadStream(file), length: size }, signal);
    },
    explain: (id, failure, signal) =>
      put(
        { path: pathOf(orderFailurePath, id), type: 'application/json', body: () => JSON.stringify(failure) },
        signal,
      ),
  };
}

function pathOf(route: string, id: string): string {
  return route.replace(':id', encodeURIComponent(id));
}

/** A 401 once more with the token as it is in its file now: it may just have been renewed. */
async function attempt(options: OwnerOptions, request: Request, signal: AbortSignal): Promise<Answer> {
  const first = await send(options, request, signal);
  if (first.outcome !== 'answered' || first.status !== 401 || options.token === undefined) return first;
  options.token.rejected();
  return send(options, request, signal);
}

async function send({ http, url, token, clock }: OwnerOptions, request: Request, signal: AbortSignal): Promise<Answer> {
  try {
    const response = await http.request(new URL(request.path, url), {
      method: request.method,
      signal,
      headers: {
        ...(request.type === undefined ? {} : { 'content-type': request.type }),
        ...(request.length === undefined ? {} : { 'content-length': String(request.length) }),
        ...(token === undefined ? {} : { authorization: `Bearer ${await token.get()}` }),
      },
      body: request.body?.() ?? null,
    });
    const status = response.statusCode;
    if (status === 429 || status >= 500) {
      await response.body.dump();
      const after = response.headers['retry-after'];
      const retryAfterMs = typeof after === 'string' ? parseRetryAfter(after, clock.now()) : undefined;
      return { outcome: 'busy', why: `status ${status}`, retryAfterMs };
    }
    return { outcome: 'answered', status, text: await readText(response.body) };
  } catch (error) {
    signal.throwIfAborted();
    return { outcome: 'busy', why: describeError(error) };
  }
}

async function readText(body: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > maxAnswerBytes) throw new Error('the answer is too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
