import { type BasePorts, describeError, type HttpClient, parseRetryAfter } from '@kso/kit';
import { fail } from '../errors.ts';

export interface TargetRequest {
  readonly service: 'kubescape' | 'kubevuln';
  readonly method: 'GET' | 'POST';
  readonly url: URL;
  readonly body?: unknown;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** Enough for the reason of a refusal. */
const mostRead = 4096;

/**
 * One request to a scanner of the existing product; only 200 is an answer. @throws TARGET_BUSY (with `retryAfterMs` in its context),
 * TARGET_REFUSED, TARGET_UNREACHABLE, or the signal's reason
 */
export async function askTarget(
  http: Pick<HttpClient, 'request'>,
  { clock, tracer }: BasePorts,
  request: TargetRequest,
): Promise<string> {
  const { service, method, url, timeoutMs } = request;
  const traceparent = tracer.current();
  const timeout = AbortSignal.timeout(timeoutMs);
  let answer: { status: number; retryAfter: string | undefined; text: string };
  try {
    const response = await http.request(url, {
      method,
      headers: {
        ...(request.body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(traceparent === undefined ? {} : { traceparent }),
      },
      body: request.body === undefined ? null : JSON.stringify(request.body),
      signal: AbortSignal.any([timeout, request.signal]),
    });
    const retryAfter = response.headers['retry-after'];
    answer = {
      status: response.statusCode,
      retryAfter: typeof retryAfter === 'string' ? retryAfter : undefined,
      text: await readSome(response.body),
    };
  } catch (error) {
    if (request.signal.aborted) throw error;
    const detail = timeout.aborted ? `no answer in ${timeoutMs} ms` : describeError(error);
    throw fail('TARGET_UNREACHABLE', { service, detail, refused: isRefused(error) }, error);
  }
  const { status, retryAfter, text } = answer;
  if (status === 200) return text;
  const detail = text.trim() || 'no reason given';
  if (status !== 429 && status !== 503) throw fail('TARGET_REFUSED', { service, status, detail });
  throw fail('TARGET_BUSY', { service, status, detail, retryAfterMs: parseRetryAfter(retryAfter, clock.now()) });
}

/** `kubescape:8080` → the URL of a path there. @throws TARGET_NOT_CONFIGURED */
export function targetUrl(service: TargetRequest['service'], address: string, path: string): URL {
  const url = address === '' ? null : URL.parse(path, address.includes('://') ? address : `http://${address}`);
  if (url === null) throw fail('TARGET_NOT_CONFIGURED', { service });
  return url;
}

async function readSome(body: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    chunks.push(chunk.subarray(0, mostRead - size));
    size += chunk.length;
    if (size >= mostRead) break;
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** A name may have several addresses: then the refusals are inside of one error. */
function isRefused(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if ('code' in error && error.code === 'ECONNREFUSED') return true;
  if (error instanceof AggregateError) return error.errors.some(isRefused);
  return isRefused(error.cause);
}
