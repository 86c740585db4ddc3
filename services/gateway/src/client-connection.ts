import type { Clock } from '@kso/kit';
import type { WebSocket } from 'ws';
import type { Attributes } from './attributes.ts';
import type { Receiver, Sent } from './routing-table.ts';

export interface ClientOptions {
  readonly id: number;
  readonly attributes: Attributes;
  /** Bytes that may wait for the client before it is given up. */
  readonly maxBuffered: number;
  readonly clock: Clock;
}

/** One websocket client. Kept small: a gateway holds ten thousand of them. */
export class ClientConnection implements Receiver {
  readonly id: number;
  readonly attributes: Attributes;
  readonly #socket: WebSocket;
  readonly #maxBuffered: number;
  readonly #clock: Clock;
  #seenAt: number;
  #pingedAt: number | undefined;

  constructor(socket: WebSocket, options: ClientOptions) {
    this.id = options.id;
    this.attributes = options.attributes;
    this.#socket = socket;
    this.#maxBuffered = options.maxBuffered;
    this.#clock = options.clock;
    this.#seenAt = options.clock.now();
  }

  /** Anything that came from the client shows that it is there. */
  seen(): void {
    this.#seenAt = this.#clock.now();
    this.#pingedAt = undefined;
  }

  silentFor(): number {
    return this.#clock.now() - this.#seenAt;
  }

  unansweredFor(): number {
    return this.#pingedAt === undefined ? 0 : this.#clock.now() - this.#pingedAt;
  }

  ping(): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    this.#pingedAt ??= this.#clock.now();
    this.#socket.ping();
  }

  send(bytes: Buffer, done: (sent: Sent) => void): void {
    const socket = this.#socket;
    if (socket.readyState !== socket.OPEN) return done({ ok: false, reason: 'the connection is closed' });
    // The alternative would be to hold the messages of a client that does not read, without end.
    if (socket.bufferedAmount + bytes.length > this.#maxBuffered) {
      return done({ ok: false, reason: 'the client does not read fast enough' });
    }
    return socket.send(bytes, { binary: true }, (error) =>
      done(error ? { ok: false, reason: error.message } : { ok: true }),
    );
  }

  drop(): void {
    this.#socket.terminate();
  }

  close(code: number, reason: string): void {
    this.#socket.close(code, reason);
  }
}
