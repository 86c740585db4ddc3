import type { Attributes } from './attributes.ts';

/** Where the master listens: a full URL, or just a host. Undefined for text that is neither. */
export function parseMasterUrl(text: string): URL | undefined {
  const url = URL.parse(text.includes('://') ? text : `wss://${text}`);
  if (url === null || url.hostname === '') return undefined;
  const scheme = { 'https:': 'wss:', 'http:': 'ws:', 'wss:': 'wss:', 'ws:': 'ws:' }[url.protocol];
  if (scheme === undefined) return undefined;
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
