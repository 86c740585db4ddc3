import { EventEmitter, once } from 'node:events';
import {
  createLogger,
  createMetrics,
  loadConfig,
  noopTracer,
  type Outgoing,
  readOutgoing,
  systemClock,
} from '@kso/kit';
import { type ClientOptions, WebSocket } from 'ws';
import { gatewayConfig } from './config.ts';
import { createGateway, type Gateway, type GatewayPorts } from './service.ts';

/** Gateways and clients of a test; everything is closed by `closeAll`. */
const opened: { close(): unknown }[] = [];

export async function closeAll(): Promise<void> {
  for (const one of opened.splice(0).toReversed()) await one.close();
}

export interface TestGateway extends Gateway {
  /** Resolves with the fields of the next log line of that message, or of one that has been written already. */
  logged(message: string, count?: number): Promise<Record<string, unknown>>;
  readonly lines: readonly Record<string, unknown>[];
  metrics(): Promise<string>;
}

/** A gateway on free ports. Settings are given as in a file. */
export async function startGateway(
  settings: Record<string, unknown> = {},
  outgoing: Outgoing = readOutgoing({}),
  more: Pick<GatewayPorts, 'tokens'> = {},
): Promise<TestGateway> {
  const overrides = { websocketPort: 0, httpPort: 0, credentialsFolder: '/nonexistent', ...settings };
  const { config } = loadConfig(gatewayConfig, { env: {}, overrides });
  const lines: Record<string, unknown>[] = [];
  const written = new EventEmitter();
  const write = (line: string): void => {
    lines.push(JSON.parse(line) as Record<string, unknown>);
    written.emit('line');
  };
  const logger = createLogger({ service: 'gateway', level: 'debug', destination: { write } });
  const metrics = createMetrics();
  const gateway = createGateway(config, { logger, metrics, tracer: noopTracer, clock: systemClock, outgoing, ...more });
  await gateway.start();
  opened.push({ close: () => gateway.stop() });
  return {
    ...gateway,
    lines,
    metrics: () => metrics.registry.metrics(),
    logged: async (message, count = 1) => {
      for (;;) {
        const found = lines.filter((line) => line['msg'] === message);
        if (found.length >= count) return found[count - 1] ?? {};
        await once(written, 'line');
      }
    },
  };
}

export interface TestClient {
  readonly socket: WebSocket;
  /** The next frame that was or will be received. */
  next(): Promise<{ bytes: Buffer; binary: boolean }>;
  readonly received: number;
  /** Resolves with the close code. */
  readonly closed: Promise<number>;
}

/** A registered client. Rejects when the gateway refuses. */
export async function connectClient(
  gateway: Gateway,
  attributes: Record<string, string>,
  options: ClientOptions = {},
): Promise<TestClient> {
  const query = new URLSearchParams(attributes).toString();
  const socket = new WebSocket(`${gateway.urls().websocket}/v1/waitfornotification?${query}`, options);
  const frames: { bytes: Buffer; binary: boolean }[] = [];
  const arrived = new EventEmitter();
  socket.on('message', (data, binary) => {
    frames.push({ bytes: data as Buffer, binary });
    arrived.emit('frame');
  });
  const closed = new Promise<number>((resolve) => socket.once('close', resolve));
  await once(socket, 'open');
  socket.on('error', () => undefined);
  opened.push({ close: () => socket.terminate() });
  let taken = 0;
  return {
    socket,
    closed,
    get received() {
      return frames.length;
    },
    next: async () => {
      while (frames.length <= taken) await once(arrived, 'frame');
      taken += 1;
      return frames[taken - 1] ?? { bytes: Buffer.alloc(0), binary: false };
    },
  };
}

/** Status of a refused upgrade. */
export async function refusal(gateway: Gateway, query: string, options: ClientOptions = {}): Promise<number> {
  const socket = new WebSocket(`${gateway.urls().websocket}${query}`, options);
  socket.on('error', () => undefined);
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  socket.once('unexpected-response', (_request, response) => {
    response.resume();
    resolve(response.statusCode ?? 0);
  });
  socket.once('open', () => reject(new Error('was accepted')));
  const status = await promise;
  socket.terminate();
  return status;
}

export function post(gateway: Gateway, body: string | Buffer, headers: Record<string, string> = {}) {
  return fetch(`${gateway.urls().rest}/v1/sendnotification`, {
    method: 'POST',
    body: typeof body === 'string' ? body : new Uint8Array(body),
    headers,
  });
}

export function notification(target: Record<string, string>, more: Record<string, unknown> = {}): string {
  return JSON.stringify({ target, notification: { commands: [] }, ...more });
}
