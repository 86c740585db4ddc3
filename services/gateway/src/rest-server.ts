import { type BasePorts, createHttpServer, type HttpServer, refuseOtherSites, serveApiDocument } from '@kso/kit';
import type { Access } from './access.ts';
import type { GatewayConfig } from './config.ts';
import { decodeNotification } from './notification.ts';
import { openApiDocument } from './openapi.ts';
import { registerPath, sendPath } from './paths.ts';
import type { RoutingTable } from './routing-table.ts';

export interface RestServerOptions {
  readonly config: GatewayConfig;
  readonly table: RoutingTable;
  readonly access: Access;
}

/**
 * `POST /v1/sendnotification` (operator-gateway.md 3.4). Answers are plain text and `[]`, as its clients expect them. Own extension:
 * the header `x-notification-receivers` says to how many clients it went, since nobody being there is a success too.
 */
export function createRestServer({ config, table, access }: RestServerOptions, ports: BasePorts): HttpServer {
  const server = createHttpServer({
    ...ports,
    name: 'gateway-rest',
    host: config.host,
    port: config.httpPort,
    bodyLimit: config.maxMessageSize,
  });
  const { app } = server;
  refuseOtherSites(app, config);
  // The content type is not looked at: senders leave it out or write anything.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));

  // Before the body is read: a stranger's is not kept in memory.
  app.addHook('onRequest', async (request, reply) => {
    const { outcome } = await access.authenticate(request.headers);
    if (outcome === 'accepted') return;
    void reply.type('text/plain; charset=utf-8');
    if (outcome === 'refused') await reply.code(401).header('www-authenticate', 'Bearer').send('key required');
    else await reply.code(503).header('retry-after', '5').send('the key cannot be checked at present');
  });

  serveApiDocument(app, openApiDocument);
  registerPath(app, sendPath, async (request, reply) => {
    void reply.type('text/plain; charset=utf-8');
    if (request.method !== 'POST') return reply.code(405).send('Method not allowed');
    const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
    const decoded = decodeNotification(body);
    if (!decoded.ok) {
      table.refused('rest');
      return reply.code(400).send(decoded.problem);
    }
    const { receivers, failures } = await table.route(decoded.notification, 'rest');
    void reply.header('x-notification-receivers', receivers);
    if (failures.length > 0) return reply.code(400).send(failures.join(';\n'));
    // Upstream never fills the list of ids.
    return reply.type('application/json').send('[]');
  });
  return server;
}
