import { type BasePorts, createHttpServer, type HttpServer, refuseOtherSites } from '@kso/kit';
import { mayEnter } from './access.ts';
import type { GatewayConfig } from './config.ts';
import { decodeNotification } from './notification.ts';
import { registerPath, sendPath } from './paths.ts';
import type { RoutingTable } from './routing-table.ts';

/**
 * `POST /v1/sendnotification` (operator-gateway.md 3.4). Answers are plain text and `[]`, as its clients expect them. Own extension:
 * the header `x-notification-receivers` says to how many clients it went, since nobody being there is a success too.
 */
export function createRestServer(config: GatewayConfig, table: RoutingTable, ports: BasePorts): HttpServer {
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

  registerPath(app, sendPath, async (request, reply) => {
    void reply.type('text/plain; charset=utf-8');
    if (request.method !== 'POST') return reply.code(405).send('Method not allowed');
    if (!mayEnter(request.headers, config.clientKey)) return reply.code(401).send('key required');
    const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
    const decoded = decodeNotification(body);
    if (!decoded.ok) return reply.code(400).send(decoded.problem);
    const { receivers, failures } = await table.route(decoded.notification, 'rest');
    void reply.header('x-notification-receivers', receivers);
    if (failures.length > 0) return reply.code(400).send(failures.join(';\n'));
    // Upstream never fills the list of ids.
    return reply.type('application/json').send('[]');
  });
  return server;
}
