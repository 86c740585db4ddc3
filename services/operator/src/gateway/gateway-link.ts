import {
  type BasePorts,
  backoffDelay,
  describeError,
  type Outgoing,
  type RotatingToken,
  type Secret,
  webSocketAgent,
} from '@kso/kit';
import { type RawData, WebSocket } from 'ws';
import { otherScheme } from './gateway-url.ts';

export interface GatewayLinkOptions {
  readonly url: URL;
  /** Shown as `X-API-KEY`. */
  readonly key: Secret | undefined;
  /** Shown as bearer token, read for each connection. */
  readonly token: RotatingToken | undefined;
  readonly outgoing: Outgoing | undefined;
  readonly pingIntervalMs: number;
  readonly backoff: { readonly minMs: number; readonly maxMs: number };
  readonly maxMessageSize: number;
  /** Every frame, one after the other. */
  readonly onFrame: (frame: Buffer) => Promise<void>;
  /** A frame could not be handled. */
  readonly onLost: () => void;
  /** Told of each change. */
  readonly onConnected: (isConnected: boolean) => void;
}

interface ConnectionEnd {
  readonly reason: string;
  readonly opened: boolean;
  readonly upgradeFailed: boolean;
}

/** A connection that stood this long was a good one: the next wait is a short one again. */
const healthyAfterMs = 30_000;
const handshakeTimeoutMs = 10_000;
const readAhead = 16;

/**
 * The operator's connection to the gateway, made again for ever with growing, jittered waits (operator-gateway.md 2.2). It is dropped
 * when the gateway has been silent for two pings: upstream notices a dead network only when a write fails.
 */
export class GatewayLink {
  readonly #options: GatewayLinkOptions;
  readonly #ports: BasePorts;
  readonly #stopping = new AbortController();
  #ended: Promise<void> | undefined;
  #isOpen = false;

  constructor(options: GatewayLinkOptions, ports: BasePorts) {
    this.#options = options;
    this.#ports = { ...ports, logger: ports.logger.child({ gateway: options.url.host }) };
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  start(): void {
    this.#ended ??= this.#run();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#ended;
  }

  async #run(): Promise<void> {
    const { clock, logger } = this.#ports;
    const { minMs, maxMs } = this.#options.backoff;
    const { signal } = this.#stopping;
    for (let failures = 1; !signal.aborted; failures += 1) {
      const begun = clock.now();
      const end = await this.#tryBothSchemes();
      if (signal.aborted) return;
      if (end.opened && clock.now() - begun >= healthyAfterMs) failures = 1;
      const delayMs = minMs / 2 + backoffDelay(failures, { baseMs: minMs, maxMs });
      logger.warn({ reason: end.reason, failures, delayMs }, 'no connection to the gateway');
      await clock.sleep(delayMs, signal).catch(() => undefined);
    }
  }

  #setOpen(isOpen: boolean): void {
    if (this.#isOpen === isOpen) return;
    this.#isOpen = isOpen;
    this.#options.onConnected(isOpen);
  }

  async #tryBothSchemes(): Promise<ConnectionEnd> {
    const { url, key, token } = this.#options;
    const first = await this.#connect(url);
    const other = otherScheme(url, key !== undefined || token !== undefined);
    if (!first.upgradeFailed || this.#stopping.signal.aborted || other === undefined) return first;
    const second = await this.#connect(other);
    if (second.opened) return second;
    // What the gateway itself has said comes first: the other scheme may only have failed for being the wrong one.
    return { ...second, reason: `${first.reason}; as ${other.protocol} ${second.reason}` };
  }

  async #connect(url: URL): Promise<ConnectionEnd> {
    let bearer: string | undefined;
    try {
      bearer = await this.#options.token?.get();
    } catch (error) {
      return { reason: describeError(error), opened: false, upgradeFailed: false };
    }
    return this.#stayConnected(url, bearer);
  }

  /** One life of the connection. */
  #stayConnected(url: URL, bearer: string | undefined): Promise<ConnectionEnd> {
    const { promise, resolve } = Promise.withResolvers<ConnectionEnd>();
    const { signal } = this.#stopping;
    const { outgoing, token } = this.#options;
    const agent = outgoing === undefined ? undefined : webSocketAgent(url, outgoing);
    const socket = this.#open(url, agent, bearer);
    let reason = 'closed by the gateway';
    let opened = false;
    let upgradeFailed = false;
    let pinger: NodeJS.Timeout | undefined;
    const stop = (): void => socket.terminate();
    signal.addEventListener('abort', stop, { once: true });

    socket.on('open', () => {
      opened = true;
      this.#setOpen(true);
      this.#ports.logger.info({}, 'connected to the gateway');
      pinger = this.#keepAlive(socket, (silence) => {
        reason = silence;
      });
    });
    socket.on('unexpected-response', (_request, response) => {
      upgradeFailed = true;
      reason = `the gateway answered ${response.statusCode}`;
      // The token may just have been renewed.
      if (response.statusCode === 401) token?.rejected();
      response.destroy();
      socket.terminate();
    });
    socket.on('error', (error) => {
      if (!upgradeFailed) reason = error.message;
    });
    this.#handleInOrder(socket);
    socket.on('close', () => {
      clearInterval(pinger);
      signal.removeEventListener('abort', stop);
      agent?.destroy();
      this.#setOpen(false);
      resolve({ reason, opened, upgradeFailed });
    });
    if (signal.aborted) stop();
    return promise;
  }

  #open(url: URL, agent: ReturnType<typeof webSocketAgent>, bearer: string | undefined): WebSocket {
    const { key, maxMessageSize } = this.#options;
    return new WebSocket(url, {
      ...(agent === undefined ? {} : { agent }),
      headers: {
        ...(key === undefined ? {} : { 'x-api-key': key.reveal() }),
        ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
      },
      handshakeTimeout: handshakeTimeoutMs,
      maxPayload: maxMessageSize,
      perMessageDeflate: false,
      // Senders put BSON into text frames too.
      skipUTF8Validation: true,
      followRedirects: false,
    });
  }

  #keepAlive(socket: WebSocket, onSilence: (reason: string) => void): NodeJS.Timeout {
    let unanswered = 0;
    const alive = (): void => {
      unanswered = 0;
    };
    socket.on('pong', alive);
    socket.on('message', alive);
    return setInterval(() => {
      if (unanswered >= 2) {
        onSilence('the gateway does not answer pings');
        socket.terminate();
        return;
      }
      unanswered += 1;
      socket.ping();
    }, this.#options.pingIntervalMs);
  }

  /** One frame at a time. Of what comes faster only a little is read ahead; the rest waits at the gateway. */
  #handleInOrder(socket: WebSocket): void {
    let before: Promise<void> = Promise.resolve();
    let waiting = 0;
    socket.on('message', (data) => {
      const frame = bytesOf(data);
      waiting += 1;
      if (waiting >= readAhead) socket.pause();
      before = before
        .then(() => this.#handle(frame))
        .finally(() => {
          waiting -= 1;
          if (waiting === 0 && socket.isPaused) socket.resume();
        });
    });
  }

  async #handle(frame: Buffer): Promise<void> {
    try {
      await this.#options.onFrame(frame);
    } catch (error) {
      this.#ports.logger.error({ err: error }, 'a notification of the gateway was lost');
      this.#options.onLost();
    }
  }
}

function bytesOf(data: RawData): Buffer {
  if (Buffer.isBuffer(data)) return data;
  return Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data);
}
