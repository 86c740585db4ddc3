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
