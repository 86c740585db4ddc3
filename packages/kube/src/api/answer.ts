import type { Clock } from '@kso/kit';
import { parseRetryAfter } from '@kso/kit';
import { type ApiResponse, discard } from '../connection/transport.ts';
import { fail } from '../errors.ts';

/** An answer that is not what was asked for, sorted by what a caller can do about it. */
export type Refusal =
  | { readonly outcome: 'forbidden'; readonly detail: string }
  /** 404: the object, or the whole kind. */
  | { readonly outcome: 'notFound'; readonly detail: string }
  /** 410: the resource version or the continue token is too old. */
  | { readonly outcome: 'expired'; readonly detail: string }
  /** Throttled, restarting, broken: later it may work. `status` of the answer, where there is one: of a bad request it will be the same. */
  | {
      readonly outcome: 'unavailable';
      readonly detail: string;
      readonly retryAfterMs?: number;
      readonly status?: number;
    };

const maxStatusBytes = 64 * 1024;
const maxDetailLength = 300;

/** Reads the `Status` of an answer outside of 2xx. */
export async function readRefusal(answer: ApiResponse, clock: Clock): Promise<Refusal> {
  return refusalOfAnswer(answer, (await readStatus(answer)).detail, clock);
}

export function refusalOfAnswer(answer: ApiResponse, detail: string, clock: Clock): Refusal {
  switch (answer.status) {
    case 401:
    case 403:
      return { outcome: 'forbidden', detail };
    case 404:
    case 405:
      return { outcome: 'notFound', detail };
    case 410:
      return { outcome: 'expired', detail };
    default: {
      const retryAfterMs = parseRetryAfter(answer.header('retry-after'), clock.now());
      const { status } = answer;
      return { outcome: 'unavailable', detail, status, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
    }
  }
}

/** Sorts the `Status` object of an ERROR event in a watch, which has a code but no HTTP status. */
export function refusalOfStatus(status: unknown): Refusal {
  const { code, message, reason } = isObject(status) ? status : {};
  const detail = typeof message === 'string' ? message.slice(0, maxDetailLength) : `status ${String(code)}`;
  if (code === 410 || reason === 'Expired' || reason === 'Gone') return { outcome: 'expired', detail };
  if (code === 401 || code === 403) return { outcome: 'forbidden', detail };
  if (code === 404) return { outcome: 'notFound', detail };
  return { outcome: 'unavailable', detail };
}

/** What an answer says in its `Status` object: one line for people, and the machine-readable reason, `AlreadyExists` and the like. */
export async function readStatus(answer: ApiResponse): Promise<{ readonly reason: string; readonly detail: string }> {
  let text: string;
  try {
    text = await readText(answer, maxStatusBytes, '');
  } catch {
    return { reason: '', detail: `status ${answer.status}` };
  }
  const status = parse(text);
  const { message, reason } = isObject(status) ? status : {};
  const detail = typeof message === 'string' && message !== '' ? message : `status ${answer.status}`;
  return { reason: typeof reason === 'string' ? reason : '', detail: detail.slice(0, maxDetailLength) };
}

/** The body as text. @throws KUBE_ANSWER_TOO_LARGE */
export async function readText(answer: ApiResponse, maxBytes: number, path: string): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of answer.body as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBytes) {
      discard(answer);
      throw fail('KUBE_ANSWER_TOO_LARGE', { path, limit: maxBytes });
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size).toString('utf8');
}

/** The body as a JSON object. @throws KUBE_ANSWER_TOO_LARGE, KUBE_ANSWER_INVALID */
export async function readObject(
  answer: ApiResponse,
  maxBytes: number,
  path: string,
): Promise<Record<string, unknown>> {
  const value = parse(await readText(answer, maxBytes, path));
  if (!isObject(value)) throw fail('KUBE_ANSWER_INVALID', { path, detail: 'no JSON object' });
  return value;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
