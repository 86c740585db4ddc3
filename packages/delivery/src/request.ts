import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { HttpClient } from '@kso/kit';
import type { QueuedEntry } from '@kso/store';
import { fail } from './errors.ts';
import { oneLine, outcomeOf, type PostOutcome } from './outcome.ts';
import type { CloudEndpointTarget } from './port.ts';

const compress = promisify(gzip);
/** Enough for a reason; the rest of an answer is not of interest. */
const answerBytes = 4096;

export interface PostOptions {
  readonly target: CloudEndpointTarget;
  readonly http: HttpClient;
  readonly timeoutMs: number;
  /** Bodies of at least so many bytes are sent compressed. */
  readonly gzipBytes: number;
  readonly traceparent: string | undefined;
  readonly signal: AbortSignal;
  readonly now: () => number;
}

/** Sends one report. Every answer and every failure of the network is an outcome; it throws on bugs only. */
export async function post(entry: QueuedEntry, options: PostOptions): Promise<PostOutcome> {
  const { target, signal } = options;
  const timeout = AbortSignal.timeout(options.timeoutMs);
  if (target.accessKey !== undefined && !isHeaderText(target.accessKey))
    return { kind: 'misconfigured', reason: 'the access key has characters that no header can carry' };
  try {
    const isLarge = Buffer.byteLength(entry.body) >= options.gzipBytes;
    const response = await options.http.request(addressOf(target, entry.path), {
      method: 'POST',
      signal: AbortSignal.any([signal, timeout]),
      headers: {
        'content-type': 'application/json',
        'idempotency-key': headerKey(entry.idempotencyKey),
        ...(isLarge ? { 'content-encoding': 'gzip' } : {}),
        ...(target.accessKey === undefined ? {} : { 'x-api-key': target.accessKey }),
        ...(isHeaderText(options.traceparent) ? { traceparent: options.traceparent } : {}),
      },
      body: isLarge ? await compress(entry.body) : entry.body,
    });
    const status = response.statusCode;
    const detail = status < 300 ? '' : oneLine(await beginningOf(response.body), target.accessKey);
    if (status < 300) await response.body.dump({ limit: answerBytes, signal: timeout });
    return outcomeOf({ status, detail, retryAfter: single(response.headers['retry-after']) }, options.now());
  } catch (error) {
    if (signal.aborted) return { kind: 'abandoned' };
    if (timeout.aborted) return { kind: 'unreachable', reason: `no answer within ${options.timeoutMs / 1000} s` };
    return { kind: 'unreachable', reason: oneLine(networkReason(error), target.accessKey) };
  }
}

/** The account goes into the query, beside what the entry's own path carries there. */
export function addressOf(target: CloudEndpointTarget, entryPath: string): URL {
  const base = parseTarget(target.url);
  const [path = '', query = ''] = entryPath.split('?', 2);
  base.pathname = base.pathname.replace(/\/+$/, '') + path;
  for (const [name, value] of new URLSearchParams(query)) base.searchParams.append(name, value);
  if (target.account !== undefined) base.searchParams.set('customerGUID', target.account);
  return base;
}

/** The largest key that is sent as it is; receivers have limits for headers. */
const maxKeyLength = 512;

/** Parts of a key come from clusters and clients. One that fits into no header is sent as its hash: the same report, the same key. */
export function headerKey(key: string): string {
  if (key.length <= maxKeyLength && isHeaderText(key)) return key;
  return `sha256-${createHash('sha256').update(key).digest('hex')}`;
}

/** Visible ASCII, spaces only within: what every server takes and no proxy changes. */
function isHeaderText(text: string | undefined): text is string {
  return text !== undefined && /^[!-~]([ -~]*[!-~])?$/.test(text);
}

/** An address without a scheme means https (kubevuln.md 2.3); `http://` is kept. @throws TARGET_INVALID */
export function parseTarget(url: string): URL {
  const written = /^[a-z][a-z0-9+.-]*:\/\//i.test(url) ? url : `https://${url}`;
  const parsed = URL.canParse(written) ? new URL(written) : undefined;
  if (parsed === undefined || !/^https?:$/.test(parsed.protocol) || parsed.username !== '' || parsed.password !== '')
    throw fail('TARGET_INVALID', { url: url.replace(/\/\/[^/@]*@/, '//[redacted]@') });
  return parsed;
}

async function beginningOf(body: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes >= answerBytes) break;
  }
  return problemDetail(Buffer.concat(chunks).subarray(0, answerBytes).toString());
}

/** Problem documents (RFC 9457) and `{message}` bodies say it in a field; anything else is taken as it is. */
function problemDetail(text: string): string {
  try {
    const body: unknown = JSON.parse(text);
    if (typeof body !== 'object' || body === null) return text;
    const { detail, message, title } = body as Record<string, unknown>;
    return [detail, message, title].find((each): each is string => typeof each === 'string') ?? text;
  } catch {
    return text;
  }
}

function networkReason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = 'code' in error && typeof error.code === 'string' ? `${error.code} ` : '';
  // A connection tried on several addresses fails with an AggregateError that has no text of its own.
  const inner = error instanceof AggregateError ? (error.errors[0] as unknown) : undefined;
  return code + (error.message === '' && inner instanceof Error ? inner.message : error.message);
}

function single(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header;
}
