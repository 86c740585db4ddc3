import { fileURLToPath } from 'node:url';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance } from 'fastify';

/** The page needs nothing but its own files: no inline code, no other host, no frame around it. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
].join('; ');

/** Static files of `public/` at `/`. They hold no data, so they are given to everybody; data is behind the API. */
export function registerPage(app: FastifyInstance): void {
  void app.register(fastifyStatic, {
    root: fileURLToPath(new URL('../../public/', import.meta.url)),
    cacheControl: false,
    setHeaders(reply) {
      void reply.header('content-security-policy', contentSecurityPolicy);
      void reply.header('x-content-type-options', 'nosniff');
      void reply.header('referrer-policy', 'no-referrer');
      void reply.header('cross-origin-opener-policy', 'same-origin');
      // Asked for again each time and answered 304: an upgrade shows at once.
      void reply.header('cache-control', 'no-cache');
    },
  });
}
