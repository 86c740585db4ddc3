import type { FastifyInstance } from 'fastify';
import type { AccessControl } from './access-control.ts';

/** Routes of this scope are for people: a browser is told to ask for account and key, and nothing of the answers is cached. */
export function requirePerson(scope: FastifyInstance, access: AccessControl): void {
  scope.addHook('onRequest', (request, reply, next) => {
    if (!access.isOpen) void reply.header('www-authenticate', 'Basic realm="cloud-endpoint", charset="UTF-8"');
    access.reader(request);
    void reply.removeHeader('www-authenticate').header('cache-control', 'no-store');
    next();
  });
}
