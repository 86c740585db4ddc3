import type { Attributes } from './attributes.ts';
import { fail } from './errors.ts';

/** Where the master listens: a full URL, or just a host. `source` names the setting for the error. @throws MASTER_URL_INVALID */
export function parseMasterUrl(text: string, source: string): URL {
  const url = URL.parse(text.includes('://') ? text : `wss://${text}`);
  if (url === null || url.hostname === '') throw fail('MASTER_URL_INVALID', { source });
  const scheme = { 'https:': 'wss:', 'http:': 'ws:', 'wss:': 'wss:', 'ws:': 'ws:' }[url.protocol];
  if (scheme === undefined) throw fail('MASTER_URL_INVALID', { source });
  // Assigning `protocol` is refused between http and ws, so the text is rebuilt.
  const path = url.pathname === '/' ? '/v1/waitfornotification' : url.pathname;
  return new URL(`${scheme}//${url.host}${path}${url.search}`);
}

/** The URL to dial with the attributes as query, in alphabetical order. */
export function registrationUrl(master: URL, attributes: Attributes): URL {
  const url = new URL(master);
  for (const name of Object.keys(attributes).sort()) url.searchParams.set(name, attributes[name] ?? '');
  return url;
}
