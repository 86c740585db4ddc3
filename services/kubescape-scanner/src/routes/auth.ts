import { bearerToken, isSameSecret, type Secret } from '@kso/kit';
import type { FastifyInstance } from 'fastify';

/** Paths below `/v1/` that stay open: probes carry no token. */
const openPaths = new Set(['/v1/liveness', '/v1/readiness']);

/**
 * Protects everything below `/v1/` by a bearer token (scanner.md 2.1). Not the hook of `kit`: the existing product's clients expect an
 * answer of another shape.
 */
export function requireToken(app: FastifyInstance, token: Secret): void {
  app.addHook('onRequest', async (request, reply) => {
    // The path of the route that answers: a client can write the same path in other ways (`/%761/`, `http://host/v1/`).
    const path = request.routeOptions.url ?? request.url.split('?')[0] ?? '';
    if (!path.startsWith('/v1/') || openPaths.has(path)) return;
    const shown = bearerToken(request.headers.authorization);
    if (shown !== undefined && isSameSecret(shown, token.reveal())) return;
    await reply
      .code(401)
      .header('www-authenticate', 'Bearer realm="kubescape"')
      .type('application/json')
      .send(JSON.stringify({ error: 'a valid bearer token is needed' }));
  });
}
