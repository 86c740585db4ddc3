import type { IncomingHttpHeaders } from 'node:http';
import { isSameSecret, type Secret } from '@kso/kit';

/** Whether a request shows the configured key; everybody may come in when none is configured. */
export function mayEnter(headers: IncomingHttpHeaders, key: Secret | undefined): boolean {
  if (key === undefined) return true;
  const given = headers['x-api-key'];
  return typeof given === 'string' && isSameSecret(given, key.reveal());
}
