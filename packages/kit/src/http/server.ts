import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import type { fastify as Fastify, FastifyInstance, FastifyServerOptions, LogController } from 'fastify';
import { fail } from '../error-table.ts';
import type { BasePorts } from '../ports.ts';
import { installProblems } from './problem.ts';
import { installRequestLog, requestId } from './request-log.ts';

export type { FastifyInstance } from 'fastify';

export interface HttpServerOptions extends BasePorts {
  /** For logs and errors, such as `operator`. */
  readonly name: string;
  readonly host: string;
  /** 0 for any free port. */
  readonly port: number;
  /** Bytes; 1 MiB by default. A larger body is answered with 413. */
  readonly bodyLimit?: number;
  readonly tls?: { readonly certFile: string; readonly keyFile: string };
  /** How long `stop` waits for requests that run, in ms, before it cuts their connections. */
  readonly graceMs?: number;
}

export interface HttpServer {
  readonly app: FastifyInstance;
  /** @throws PORT_IN_USE, LISTEN_FAILED */
  start(): Promise<{ host: string; port: number; url: string }>;
  stop(): Promise<void>;
}

const require = createRequire(import.meta.url);

/**
 * A fastify server as every listener of the suite has it: one log line and one span per request, errors as RFC 9457 problems,
 * time limits against slow clients, and a stop that lets running requests finish.
 */
export function createHttpServer(options: HttpServerOptions): HttpServer {
  // Loaded here and not above: it costs 30 MB, and workers import this package for its logger.
  const library = require('fastify') as { fastify: typeof Fastify; LogController: typeof LogController };
  // Own request log: one line at the end instead of two, and none at info for probes.
  const logController = new library.LogController({ disableRequestLogging: true, requestIdLogLabel: 'requestId' });
  const app = library.fastify({ ...settings(options), logController }) as unknown as FastifyInstance;
  installRequestLog(app, options);
  installProblems(app, options);

  let stopping: Promise<void> | undefined;
  // Without this the connection of a request that ran when `stop` was called stays open, idle, until its time limit.
  app.addHook('onSend', async (_request, reply) => {
    if (stopping !== undefined) void reply.header('connection', 'close');
  });
  return {
    app,
    start: async () => {
      const { host, port, name } = options;
      try {
        await app.listen({ host, port, listenTextResolver: (address) => `listening on ${address}` });
      } catch (error) {
        throw fail(isAddressInUse(error) ? 'PORT_IN_USE' : 'LISTEN_FAILED', { name, host, port }, error);
      }
      const address = app.server.address() as AddressInfo;
      const url = `${options.tls === undefined ? 'http' : 'https'}://${urlHost(address.address)}:${address.port}`;
      return { host: address.address, port: address.port, url };
    },
    stop: () => (stopping ??= stopServer(app, options.graceMs ?? 10_000)),
  };
}

function settings(options: HttpServerOptions): FastifyServerOptions {
  return {
    loggerInstance: options.logger.child({ server: options.name }),
    genReqId: requestId,
    bodyLimit: options.bodyLimit ?? 1024 * 1024,
    // A whole request may take a minute, its headers ten seconds: a client that dribbles must not hold a connection for ever.
    requestTimeout: 60_000,
    keepAliveTimeout: 65_000,
    // Names of clusters and documents in addresses; the default of 100 was made for expressions in routes, and we have none.
    routerOptions: { maxParamLength: 2048 },
    http: { headersTimeout: 10_000, maxHeaderSize: 16 * 1024 },
    forceCloseConnections: 'idle',
    return503OnClosing: true,
    ...(options.tls === undefined ? {} : { https: { ...readTls(options.name, options.tls), headersTimeout: 10_000 } }),
  } as FastifyServerOptions;
}

function readTls(name: string, tls: { certFile: string; keyFile: string }): { cert: Buffer; key: Buffer } {
  const read = (file: string): Buffer => {
    try {
      return readFileSync(file);
    } catch (error) {
      throw fail('TLS_UNREADABLE', { name, file }, error);
    }
  };
  return { cert: read(tls.certFile), key: read(tls.keyFile) };
}

async function stopServer(app: FastifyInstance, graceMs: number): Promise<void> {
  const deadline = setTimeout(() => app.server.closeAllConnections(), graceMs);
  try {
    await app.close();
  } finally {
    clearTimeout(deadline);
  }
}

function isAddressInUse(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
}

/** An address that a client can use: the wildcard is not one. */
function urlHost(address: string): string {
  if (address === '0.0.0.0') return '127.0.0.1';
  if (address === '::') return '[::1]';
  return address.includes(':') ? `[${address}]` : address;
}
