import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Operation, Section } from './reports/sections.ts';

/** A report as it came. */
export type Frame = {
  readonly firstReport: boolean;
  readonly clusterAPIServerVersion?: Readonly<Record<string, string>>;
  readonly cloudVendor?: string;
  readonly installationData?: Readonly<Record<string, unknown>>;
} & { readonly [S in Section]?: { readonly [O in Operation]?: readonly unknown[] } };

/** Takes reports in the place of a CloudEndpoint. */
export interface ReportReceiver {
  readonly url: string;
  readonly frames: readonly Frame[];
  /** The frames as text. */
  readonly texts: readonly string[];
  readonly handshakes: readonly IncomingMessage[];
  readonly sockets: readonly WebSocket[];
  /** Answers the next upgrades with these statuses, in order; then accepts. */
  readonly refusals: number[];
  /** Resolves when the condition holds for the frames so far. */
  until(condition: (frames: readonly Frame[]) => boolean): Promise<void>;
  /** Resolves when so many connections have come. */
  connected(count: number): Promise<void>;
  /** Resolves when the newest connection is over. */
  closed(): Promise<void>;
}

export async function startReportReceiver(options: { readonly autoPong?: boolean } = {}): Promise<ReportReceiver> {
  const frames: Frame[] = [];
  const texts: string[] = [];
  const handshakes: IncomingMessage[] = [];
  const sockets: WebSocket[] = [];
  const refusals: number[] = [];
  const checks = new Set<() => void>();
  const check = () => {
    for (const one of checks) one();
  };
  const when = (condition: () => boolean) =>
    new Promise<void>((resolve) => {
      const one = () => {
        if (!condition()) return;
        checks.delete(one);
        resolve();
      };
      checks.add(one);
      one();
    });
  const server = new WebSocketServer({
    port: 0,
    host: '127.0.0.1',
    autoPong: options.autoPong ?? true,
    verifyClient: (_info, done) => {
      const status = refusals.shift();
      done(status === undefined, status);
    },
  });
  server.on('connection', (socket, request) => {
    handshakes.push(request);
    sockets.push(socket);
    socket.on('message', (data: Buffer) => {
      const text = data.toString('utf8');
      texts.push(text);
      frames.push(JSON.parse(text) as Frame);
      check();
    });
    socket.on('close', check);
    check();
  });
  await new Promise((resolve) => server.once('listening', resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.terminate();
    server.close();
  });
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`,
    frames,
    texts,
    handshakes,
    sockets,
    refusals,
    until: (condition) => when(() => condition(frames)),
    connected: (count) => when(() => sockets.length >= count),
    closed: () => when(() => sockets.at(-1)?.readyState === 3),
  };
}

/** All that was said of a section so far. */
export function said(frames: readonly Frame[], section: Section, operation: Operation): readonly unknown[] {
  return frames.flatMap((frame) => frame[section]?.[operation] ?? []);
}
