import type { FastifyInstance } from '@kso/kit';
import type { FastifyReply, FastifyRequest } from 'fastify';

/** As upstream: unanchored, so that they are found behind a prefix of a reverse proxy and with a slash at the end. */
export const waitPath = /\/v1\/waitfornotification/;
export const sendPath = /\/v1\/sendnotification/;

/** Answers every method on every path that contains the pattern; everything else stays "not found". */
export function registerPath(
  app: FastifyInstance,
  pattern: RegExp,
  handler: (request: FastifyRequest, reply: FastifyReply) => unknown,
): void {
  const path = pattern.source.replaceAll('\\', '');
  const methods = ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT'];
  app.route({ method: methods, url: path, handler });
  app.route({
    method: methods,
    url: '*',
    handler: (request, reply) => {
      if (!pattern.test(request.url.split('?', 1)[0] ?? '')) return reply.callNotFound();
      return handler(request, reply);
    },
  });
}
