import { gzipSync } from 'node:zlib';
import {
  type Clock,
  type Dispatcher,
  describeError,
  type HttpClient,
  type HttpRequestOptions,
  type Logger,
  parseRetryAfter,
} from '@kso/kit';
import type { Credentials } from '../config/settings.ts';

/** An answer that has come, or why none has. */
export type Answer =
  | { readonly outcome: 'answered'; readonly status: number; readonly text: string; readonly json: unknown }
  | { readonly outcome: 'offline'; readonly reason: string };

export interface AnchoreRequest {
  readonly method: 'GET' | 'POST';
  /** Below the URL, without a slash in front. */
  readonly path: string;
  readonly body?: unknown;
  /** Without them the request is anonymous. */
  readonly as?: { readonly account: string; readonly credentials: Credentials } | undefined;
  /** Ends the waiting for another try; a request that is under way is finished within its time limit. */
  readonly signal?: AbortSignal | undefined;
}

/** One Anchore-compatible API. */
export interface AnchoreClient {
  send(request: AnchoreRequest): Promise<Answer>;
  /** `send`, three times more while the other side is down or busy. */
  sendPatiently(request: AnchoreRequest): Promise<Answer>;
}

export interface AnchoreClientOptions {
  readonly url: string;
  readonly timeoutMs: number;
  readonly gzip: boolean;
}

const maxAnswer = 1024 * 1024;
const waits = [2000, 8000, 30_000];
const longestWait = 300_000;
const busy: ReadonlySet<number> = new Set([429, 502, 503, 504]);

export function createAnchoreClient(
  options: AnchoreClientOptions,
  { http, clock, logger }: { readonly http: HttpClient; readonly clock: Clock; readonly logger: Logger },
): AnchoreClient {
  const base = options.url.replace(/\/+$/, '');
  const attempt = async (request: AnchoreRequest): Promise<{ answer: Answer; retryAfterMs?: number | undefined }> => {
    request.signal?.throwIfAborted();
    const signal = AbortSignal.timeout(options.timeoutMs);
    try {
      // Redirects are not followed: a POST would become a GET, and the password would go to another host.
      const response = await http.request(`${base}/${request.path}`, { ...toRequest(request, options.gzip), signal });
      const text = await readText(response.body);
      const header = response.headers['retry-after'];
      return {
        answer: { outcome: 'answered', status: response.statusCode, text, json: parse(text) },
        retryAfterMs: parseRetryAfter(Array.isArray(header) ? header[0] : header, clock.now()),
      };
    } catch (error) {
      const reason = signal.aborted ? `no answer within ${options.timeoutMs / 1000} s` : describeError(error);
      return { answer: { outcome: 'offline', reason } };
    }
  };
  return {
    send: async (request) => (await attempt(request)).answer,
    sendPatiently: async (request) => {
      for (const [index, wait] of waits.entries()) {
        const { answer, retryAfterMs = 0 } = await attempt(request);
        if (answer.outcome === 'answered' && !busy.has(answer.status)) return answer;
        const waitMs = Math.min(Math.max(wait, retryAfterMs), longestWait);
        const { path } = request;
        logger.warn({ path, attempt: index + 1, waitMs, reason: reasonOf(answer) }, 'the API is asked again');
        await clock.sleep(waitMs, request.signal);
      }
      return (await attempt(request)).answer;
    },
  };
}

/** True when the API may be there later: the kinds of failure that are waited out. */
export function isOffline(answer: Answer): boolean {
  return answer.outcome === 'offline' || [502, 503, 504].includes(answer.status);
}

/** What there is to know of an answer that does not help. */
export function reasonOf(answer: Answer): string {
  return answer.outcome === 'offline' ? answer.reason : `${answer.status}: ${messageOf(answer)}`;
}

/** `message` or `detail` of an error's body, else its beginning. */
export function messageOf({ json, text }: { readonly json: unknown; readonly text: string }): string {
  return field(json, 'message') || field(json, 'detail') || text.slice(0, 200).replaceAll(/\s+/g, ' ').trim();
}

export function field(json: unknown, name: string): string {
  const value =
    typeof json === 'object' && json !== null ? (json as Readonly<Record<string, unknown>>)[name] : undefined;
  return typeof value === 'string' ? value : '';
}

function toRequest({ method, body, as }: AnchoreRequest, gzip: boolean): HttpRequestOptions {
  const text = body === undefined ? undefined : JSON.stringify(body);
  const headers = {
    ...(text === undefined ? {} : { 'content-type': 'application/json' }),
    ...(text !== undefined && gzip ? { 'content-encoding': 'gzip' } : {}),
    ...(as === undefined ? {} : { authorization: basic(as.credentials), 'x-anchore-account': as.account }),
  };
  return { method, headers, ...(text === undefined ? {} : { body: gzip ? gzipSync(text) : text }) };
}

function basic({ user, password }: Credentials): string {
  return `Basic ${Buffer.from(`${user}:${password.reveal()}`).toString('base64')}`;
}

async function readText(body: Dispatcher.ResponseData['body']): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxAnswer) {
      body.destroy();
      throw new Error('the answer is larger than 1 MiB');
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
