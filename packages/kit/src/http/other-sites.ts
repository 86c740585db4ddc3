import type { IncomingHttpHeaders } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { fail } from '../error-table.ts';

/** What of a request tells whether a page of another site made it. */
export interface SiteRequest {
  readonly method?: string | undefined;
  readonly headers: IncomingHttpHeaders;
}

/**
 * Refuses with `CROSS_SITE` what a page of another site makes a browser send: it could not read the answer, but a command would be
 * carried out. Whoever is no browser sends neither `Origin` nor `Sec-Fetch-Site` and is not affected. A listener that is bound to
 * loopback is reached under a local name only: another name that leads here was made to (DNS rebinding), and its pages would pass as
 * our own. To be called before the routes are added.
 */
export function refuseOtherSites(app: FastifyInstance, options: { readonly host: string }): void {
  app.addHook('onRequest', (request, _reply, done) => {
    const isRefused = isFromOtherSite(request) || isForeignName(request, options.host);
    done(isRefused ? fail('CROSS_SITE') : undefined);
  });
}

/**
 * Whether a browser says that a page of another site made the request. With `links`, following a link is none of that: for listeners
 * that show pages and whose GET starts nothing.
 */
export function isFromOtherSite(request: SiteRequest, options: { readonly links?: boolean } = {}): boolean {
  const { headers, method } = request;
  const site = headers['sec-fetch-site'];
  const isLink = options.links === true && headers['sec-fetch-mode'] === 'navigate' && method === 'GET';
  if (site !== undefined && site !== 'same-origin' && site !== 'none' && !isLink) return true;
  // `null`, which sandboxed pages send, is of no host.
  return headers.origin !== undefined && URL.parse(headers.origin)?.host !== headers.host?.toLowerCase();
}

/** Whether a listener on loopback is asked under a name that is not local. HTTP/1.0 has no `Host`, and no browser speaks it. */
export function isForeignName({ headers }: SiteRequest, listensOn: string): boolean {
  return isLoopbackHost(listensOn) && headers.host !== undefined && !isLocalName(headers.host);
}

/** Whether a `Host` header names this machine as only this machine is named, on any port. */
export function isLocalName(host: string): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?$/i.test(host);
}

/** Whether a listener on this address is reached from this machine only. */
export function isLoopbackHost(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}
