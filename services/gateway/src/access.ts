import { timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { Secret } from '@kso/kit';

/** Whether a request shows the configured key; everybody may come in when none is configured. */
export function mayEnter(headers: IncomingHttpHeaders, key: Secret | undefined): boolean {
  if (key === undefined) return true;
  const given = headers['x-api-key'];
  if (typeof given !== 'string') return false;
  const [a, b] = [Buffer.from(given), Buffer.from(key.reveal())];
  return a.length === b.length && timingSafeEqual(a, b);
}

/** Browsers send `Origin`; a page of another host must not speak to this gateway through them (operator-gateway.md 3.1). */
export function isOwnOrigin(headers: IncomingHttpHeaders): boolean {
  if (headers.origin === undefined) return true;
  return URL.parse(headers.origin)?.host === headers.host?.toLowerCase();
}
