import type { Agent } from 'node:http';
import { type BasePorts, describeError, type Outgoing, type Secret, webSocketAgent } from '@kso/kit';
import { type RawData, WebSocket } from 'ws';
import type { Attributes } from './attributes.ts';
import { registrationUrl } from './master-url.ts';
import { instanceHeader } from './websocket-server.ts';

export interface MasterLinkOptions {
  readonly master: URL;
  /** What this gateway registers with at the master. */
  readonly attributes: Attributes;
  readonly key: Secret | undefined;
  readonly instance: string;
  readonly outgoing: Outgoing;
  readonly maxMessageSize: number;
  readonly pingInterval: number;
  readonly backoff: { readonly minMs: number; readonly maxMs: number; readonly random?: () => number };
  /** Every frame that comes from the master. */
  readonly onFrame: (bytes: Buffer) => void;
}

export interface MasterLink {
  readonly attributes: Attributes;
  readonly isOpen: boolean;
  /** Resolves when the link is down for good. */
  stop(): Promise<void>;
}

/** A link that stood this long was a good one: the next wait is a short one again. */
const healthyAfterMs = 30_000;
const handshakeTimeoutMs = 10_000;

/**
 * A connection to the master gateway that is made again for ever, with growing, jittered waits. Unlike upstream it neither ends the
 * process nor sends the clients away when the master is gone for a while (operator-gateway.md 3.5).
 */
export function openMasterLink(options: MasterLinkOptions, ports: BasePorts): MasterLink {
  const logger = ports.logger.child({ master: options.master.host, attributes: options.attributes });
  const stopping = new AbortController();
  let open = false;

  async function run(): Promise<void> {
    for (let failures = 1; !stopping.signal.aborted; failures += 1) {
      const openedAt = { time: undefined as number | undefined };
      const reason = await connectOnce(options, stopping.signal, () => {
        open = true;
        openedAt.time = ports.clock.now();
        logger.info({}, 'linked to the master gateway');
      });
      open = false;
      if (stopping.signal.aborted) return;
      if (openedAt.time !== undefined && ports.clock.now() - openedAt.time >= healthyAfterMs) failures = 1;
      const delayMs = linkBackoff(failures, options.backoff);
      logger.warn({ reason, delayMs, failures }, 'no link to the master gateway');
      await ports.clock.sleep(delayMs, stopping.signal).catch(() => undefined);
    }
  }

  const ended = run();
  return {
    attributes: options.attributes,
    get isOpen() {
      return open;
    },
    stop: () => {
      stopping.abort();
      return ended;
    },
  };
}

/** Between `minMs` and `maxMs`, doubled with each failure; the upper half of each step is random. */
export function linkBackoff(failures: number, backoff: MasterLinkOptions['backoff']): number {
  const step = Math.min(backoff.maxMs, backoff.minMs * 2 ** Math.min(failures, 30));
  return Math.max(backoff.minMs, Math.round((step / 2) * (1 + (backoff.random ?? Math.random)())));
}

/** One life of the connection; resolves with the reason of its end. */
async function connectOnce(options: MasterLinkOptions, signal: AbortSignal, onOpen: () => void): Promise<string> {
  const url = registrationUrl(options.master, options.attributes);
  const agent = webSocketAgent(url, options.outgoing);
  try {
    return await live(dial(url, agent, options), options, signal, onOpen);
  } catch (error) {
    // A key that no header can carry is refused before anything is dialled.
    return describeError(error);
  } finally {
    agent?.destroy();
  }
}

function dial(url: URL, agent: Agent | undefined, options: MasterLinkOptions): WebSocket {
  return new WebSocket(url, {
    ...(agent === undefined ? {} : { agent }),
    headers: {
      [instanceHeader]: options.instance,
      ...(options.key === undefined ? {} : { 'x-api-key': options.key.reveal() }),
    },
    handshakeTimeout: handshakeTimeoutMs,
    maxPayload: options.maxMessageSize,
    perMessageDeflate: false,
    followRedirects: false,
  });
}

function live(socket: WebSocket, options: MasterLinkOptions, signal: AbortSignal, onOpen: () => void): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  let reason = 'closed by the master';
  let answered = true;
  let pinger: NodeJS.Timeout | undefined;
  const abort = (): void => socket.terminate();
  signal.addEventListener('abort', abort, { once: true });

  socket.on('open', () => {
    onOpen();
    pinger = setInterval(() => {
      // A dead network shows in nothing but a missing answer.
      if (!answered) {
        reason = 'the master does not answer pings';
        socket.terminate();
        return;
      }
      answered = false;
      socket.ping();
    }, options.pingInterval);
  });
  socket.on('pong', () => {
    answered = true;
  });
  socket.on('message', (data) => options.onFrame(bytesOf(data)));
  socket.on('error', (error) => {
    reason = describeError(error);
  });
  socket.on('close', () => {
    clearInterval(pinger);
    signal.removeEventListener('abort', abort);
    resolve(reason);
  });
  if (signal.aborted) abort();
  return promise;
}

function bytesOf(data: RawData): Buffer {
  if (Buffer.isBuffer(data)) return data;
  return Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data);
}
