import { createHash, timingSafeEqual } from 'node:crypto';
import type { Secret } from '@kso/kit';
import type { FastifyInstance } from 'fastify';

/** Paths below `/v1/` that stay open: probes carry no token. */
const openPaths = new Set(['/v1/liveness', '/v1/readiness']);

/** Protects everything below `/v1/` by a bearer token, compared in constant time (scanner.md 2.1). */
export function requireToken(app: FastifyInstance, token: Secret): void {
  const wanted = digest(token.reveal());
  app.addHook('onRequest', async (request, reply) => {
    // The path of the route that answers: a client can write the same path in other ways (`/%761/`, `http://host/v1/`).
    const path = request.routeOptions.url ?? request.url.split('?')[0] ?? '';
    if (!path.startsWith('/v1/') || openPaths.has(path)) return;
    const match = /^bearer\s+(.+)$/i.exec(request.headers.authorization ?? '');
    if (match?.[1] !== undefined && timingSafeEqual(digest(match[1].trim()), wanted)) return;
    await reply
      .code(401)
      .header('www-authenticate', 'Bearer realm="kubescape"')
      .type('application/json')
      .send(JSON.stringify({ error: 'a valid bearer token is needed' }));
  });
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
