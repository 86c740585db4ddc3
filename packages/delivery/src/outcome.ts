import { parseRetryAfter } from '@kso/kit';

/** What became of one post. `reason` is one line for people and carries neither body nor key. */
export type PostOutcome =
  | { readonly kind: 'delivered'; readonly status: number }
  /** This report will never be taken: sending it again changes nothing. */
  | { readonly kind: 'refused'; readonly status: number; readonly reason: string }
  /** The endpoint asks for patience or has a fault of its own. */
  | { readonly kind: 'busy'; readonly status: number; readonly reason: string; readonly retryAfterMs?: number }
  /** No answer: not reachable, connection lost, time is up. */
  | { readonly kind: 'unreachable'; readonly reason: string }
  /** Address, account or key are wrong. The report may be fine, so it waits for a person to put that right. */
  | { readonly kind: 'misconfigured'; readonly reason: string }
  /** We are stopping; the entry stays as it was. */
  | { readonly kind: 'abandoned' };

/** The body does not fit (400, 422) or is too large (413). */
const refusals: ReadonlySet<number> = new Set([400, 413, 422]);
/** Worth the same request again: a timeout, a write of the same key under way, too early, too many. */
const patience: ReadonlySet<number> = new Set([408, 409, 425, 429]);

/**
 * Everything that is neither success, refusal nor a call for patience counts as misconfigured – also redirects, which would carry
 * the key to another host: a wrong key or address must not discard reports.
 */
export function outcomeOf(
  answer: { readonly status: number; readonly detail: string; readonly retryAfter?: string | undefined },
  now: number,
): PostOutcome {
  const { status, detail } = answer;
  const reason = detail === '' ? `HTTP ${status}` : `HTTP ${status}: ${detail}`;
  if (status >= 200 && status < 300) return { kind: 'delivered', status };
  if (refusals.has(status)) return { kind: 'refused', status, reason };
  if (status >= 500 || patience.has(status)) {
    const retryAfterMs = parseRetryAfter(answer.retryAfter, now);
    return { kind: 'busy', status, reason, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
  }
  return { kind: 'misconfigured', reason };
}

/** One printable line out of a foreign text, without the secret should it have been echoed. */
export function oneLine(text: string, secret: string | undefined): string {
  const clean = secret === undefined || secret === '' ? text : text.replaceAll(secret, '[redacted]');
  return clean
    .replace(/[\p{Cc}\p{Cf}\p{Z}]+/gu, ' ')
    .trim()
    .slice(0, 200);
}
