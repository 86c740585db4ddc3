import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type BasePorts, createHttpServer, type HttpServer, isForeignName, isFromOtherSite } from '@kso/kit';
import { type RawData, type WebSocket, WebSocketServer } from 'ws';
import type { Access } from './access.ts';
import { type Attributes, attributesOf, isEmpty } from './attributes.ts';
import { ClientConnection } from './client-connection.ts';
import type { GatewayConfig } from './config.ts';
import { decodeNotification } from './notification.ts';
import { registerPath, waitPath } from './paths.ts';
import type { RoutingTable } from './routing-table.ts';

/** Told of clients, so that the edge can keep its links to the master. */
export interface ClientObserver {
  /** Returns what is called when the client is gone. */
  connected(attributes: Attributes): () => void;
}

export interface SocketServerOptions {
  readonly config: GatewayConfig;
  readonly table: RoutingTable;
  readonly observer: ClientObserver;
  readonly access: Access;
  /** Our own mark, by which a link that leads back to ourselves is seen. */
  readonly instance: string;
}

export const instanceHeader = 'x-kso-gateway';

/** `GET /v1/waitfornotification`: registration of clients (operator-gateway.md 3.2). */
export function createSocketServer(options: SocketServerOptions, ports: BasePorts): HttpServer {
  const { config, table, observer, access } = options;
  const server = createHttpServer({
    ...ports,
    name: 'gateway-websocket',
    host: config.host,
    port: config.websocketPort,
  });
  // Compression would cost each client a window of its own. Clients are counted by the table.
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: config.maxMessageSize,
    perMessageDeflate: false,
    clientTracking: false,
  });
  let lastId = 0;
  /** Upgrades whose sender is being looked at. */
  let entering = 0;
  let sweeper: NodeJS.Timeout | undefined;

  // Requests without an upgrade.
  registerPath(server.app, waitPath, (request, reply) => {
    if (request.method !== 'GET') return reply.code(405).type('text/plain').send('Method not allowed');
    if (isEmpty(attributesOfUrl(request.url))) return reply.code(400).type('text/plain').send('no attributes received');
    return reply.code(426).header('upgrade', 'websocket').type('text/plain').send('upgrade required');
  });

  server.app.server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy());
    const attributes = attributesOfUrl(request.url ?? '/');
    const refusal = refuse(request, attributes, options, entering);
    if (refusal !== undefined) return refuseUpgrade(socket, refusal);
    return void enter(request, socket, head, attributes);
  });

  async function enter(request: IncomingMessage, socket: Duplex, head: Buffer, attributes: Attributes): Promise<void> {
    entering += 1;
    const { outcome } = await access.authenticate(request.headers).finally(() => {
      entering -= 1;
    });
    if (outcome === 'accepted') sockets.handleUpgrade(request, socket, head, (client) => accept(client, attributes));
    else refuseUpgrade(socket, notLetIn[outcome]);
  }

  function accept(socket: WebSocket, attributes: Attributes): void {
    lastId += 1;
    const client = new ClientConnection(socket, {
      id: lastId,
      attributes,
      maxBuffered: config.maxBuffered,
      clock: ports.clock,
    });
    table.add(client);
    const disconnected = observer.connected(attributes);
    ports.logger.info({ connection: client.id, attributes }, 'client connected');
    socket.on('ping', () => client.seen());
    socket.on('pong', () => client.seen());
    socket.on('message', (data) => {
      client.seen();
      void receive(client, bytesOf(data));
    });
    // Followed by `close`, which says all there is to say.
    socket.on('error', (error) =>
      ports.logger.debug({ connection: client.id, err: error }, 'client connection failed'),
    );
    socket.on('close', (code) => {
      table.remove(client.id);
      disconnected();
      ports.logger.info({ connection: client.id, attributes, code }, 'client disconnected');
    });
  }

  /** A client's own notification is routed like one that came by REST; a bad one costs it the connection. */
  async function receive(client: ClientConnection, bytes: Buffer): Promise<void> {
    const decoded = decodeNotification(bytes);
    if (!decoded.ok) {
      table.refused('client');
      ports.logger.warn({ connection: client.id, problem: decoded.problem }, 'client sent a bad notification');
      client.close(1008, 'bad notification');
      return;
    }
    const { failures } = await table.route(decoded.notification, 'client');
    if (failures.length > 0) client.close(1011, 'not delivered to all');
  }

  return {
    app: server.app,
    start: () => {
      sweeper = setInterval(() => sweep(table, config.clientSilence), config.clientSilence / 2);
      sweeper.unref();
      return server.start();
    },
    stop: async () => {
      clearInterval(sweeper);
      for (const receiver of table.all()) receiver.close(1001, 'going away');
      // Those that do not answer the farewell are cut by the server's own limit, upgraded sockets by us.
      const cut = setTimeout(() => {
        for (const receiver of table.all()) receiver.drop();
      }, 1000);
      await server.stop();
      clearTimeout(cut);
      for (const receiver of table.all()) receiver.drop();
    },
  };
}

interface Refusal {
  readonly status: number;
  readonly reason: string;
  readonly body: string;
}

const notLetIn: Readonly<Record<'refused' | 'unavailable', Refusal>> = {
  refused: { status: 401, reason: 'Unauthorized', body: 'key required' },
  unavailable: { status: 503, reason: 'Service Unavailable', body: 'the key cannot be checked at present' },
};

function refuse(
  request: IncomingMessage,
  attributes: Attributes,
  options: SocketServerOptions,
  entering: number,
): Refusal | undefined {
  const { config, table, instance } = options;
  if (!waitPath.test(pathOf(request.url))) return { status: 404, reason: 'Not Found', body: 'no such path' };
  if (request.method !== 'GET') return { status: 405, reason: 'Method Not Allowed', body: 'Method not allowed' };
  if (isEmpty(attributes)) return { status: 400, reason: 'Bad Request', body: 'no attributes received' };
  // A page of another site must not speak to this gateway through a browser (operator-gateway.md 3.1).
  if (isFromOtherSite(request) || isForeignName(request, config.host))
    return { status: 403, reason: 'Forbidden', body: 'origin not allowed' };
  if (request.headers[instanceHeader] === instance) {
    return { status: 508, reason: 'Loop Detected', body: 'this gateway is its own master' };
  }
  if (table.size + entering >= config.maxConnections) {
    return { status: 503, reason: 'Service Unavailable', body: 'too many connections' };
  }
  return undefined;
}

function refuseUpgrade(socket: Duplex, { status, reason, body }: Refusal): void {
  // The HTTP server has let go of the socket: nothing else would ever close the half of a client that does not.
  socket.once('finish', () => socket.destroy());
  socket.end(
    `HTTP/1.1 ${status} ${reason}\r\nconnection: close\r\ncontent-type: text/plain; charset=utf-8\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}

/** Pings those that are silent, drops those that stay silent: a half-open connection is noticed by nothing else. */
function sweep(table: RoutingTable, silence: number): void {
  for (const receiver of table.all()) {
    // Silence alone proves nothing: a machine that slept finds everybody silent.
    if (receiver.unansweredFor() >= silence) receiver.drop();
    else if (receiver.silentFor() >= silence) receiver.ping();
  }
}

function pathOf(url = '/'): string {
  return url.split('?', 1)[0] ?? '/';
}

/** The first value of each name. */
function attributesOfUrl(url: string): Attributes {
  const query = url.indexOf('?');
  return attributesOf(query < 0 ? [] : new URLSearchParams(url.slice(query + 1)));
}

function bytesOf(data: RawData): Buffer {
  if (Buffer.isBuffer(data)) return data;
  return Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data);
}
