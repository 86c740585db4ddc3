import { type BasePorts, describeError } from '@kso/kit';
import { Redis } from 'ioredis';
import { fail } from '../errors.ts';
import { type RedisTarget, redisOptions } from './connection-options.ts';
import { refusalOf } from './refusal.ts';

export interface ConnectionSettings {
  /** How long a command may wait for an answer, in ms. */
  readonly commandTimeoutMs: number;
  /** How long a command may wait for a connection that is known to be closed, in ms. */
  readonly awayTimeoutMs: number;
  /** Redis key that changes when Redis comes back without its data. */
  readonly epochKey: string;
  readonly newsChannel: string;
}

export interface ConnectionEvents {
  /** Connected (again); the data are those of before. */
  ready(): void;
  /** Connected again, and the data of before are gone. */
  dataLost(): void;
  news(message: string): void;
}

/** The queue's own two connections, one for commands and one for news, and what is known about Redis's health. */
export class Connection {
  readonly commands: Redis;
  readonly address: string;
  readonly #news: Redis;
  readonly #settings: ConnectionSettings;
  readonly #ports: BasePorts;
  readonly #events: ConnectionEvents;
  #epoch: string | undefined;
  #readySince: number | undefined;
  #downSince: number | undefined;
  #reason = 'it has not answered yet';
  /** What it said last when it was there and would not work. */
  #refusal: string | undefined;
  /** A Redis that is away is told once in the log, also when it has never been there. */
  #isTold = false;

  constructor(target: RedisTarget, settings: ConnectionSettings, events: ConnectionEvents, ports: BasePorts) {
    this.#settings = settings;
    this.#events = events;
    this.#ports = ports;
    this.#downSince = ports.clock.now();
    this.address = `${target.host ?? '127.0.0.1'}:${target.port ?? 6379}`;
    this.commands = new Redis(redisOptions(target, 'kso-queue'));
    this.#news = new Redis(redisOptions(target, 'kso-queue-news'));
    this.commands.on('error', (error) => this.#failed(error));
    this.commands.on('close', () => this.#closed());
    this.commands.on('ready', () => void this.#ready());
    // The commands' connection tells the log what is wrong; two voices say no more.
    this.#news.on('error', () => undefined);
    this.#news.on('message', (_channel, message: string) => events.news(message));
    this.#news.subscribe(settings.newsChannel).catch(() => undefined);
  }

  /** When commands became possible, undefined while they are not. */
  get readySince(): number | undefined {
    return this.#readySince;
  }

  notReady(): string | undefined {
    if (this.#readySince !== undefined) return this.#refusal && `Redis at ${this.address} refuses: ${this.#refusal}`;
    return `Redis at ${this.address} is not reachable: ${this.#reason}`;
  }

  /**
   * Runs a command within the time limit, which is short while the connection is closed: whoever waits is better told. While Redis is
   * away for longer than that, nothing is sent, so that callers who keep trying do not pile up commands in memory.
   * @throws QUEUE_UNAVAILABLE; the command may still be carried out later.
   */
  async run<T>(command: () => Promise<T>): Promise<T> {
    const { clock } = this.#ports;
    const { commandTimeoutMs } = this.#settings;
    const awayTimeoutMs = Math.min(this.#settings.awayTimeoutMs, commandTimeoutMs);
    if (this.#downSince !== undefined && clock.now() - this.#downSince > awayTimeoutMs)
      throw fail('QUEUE_UNAVAILABLE', { reason: this.notReady() ?? 'Redis is away' });
    const answered = new AbortController();
    const limitMs = this.#downSince === undefined ? commandTimeoutMs : awayTimeoutMs;
    const late = clock.sleep(limitMs, answered.signal).then(
      () => {
        throw fail('QUEUE_UNAVAILABLE', {
          reason: this.notReady() ?? `Redis did not answer in ${limitMs} ms`,
        });
      },
      () => new Promise<never>(() => undefined),
    );
    try {
      return await Promise.race([command(), late]);
    } catch (error) {
      const refusal = refusalOf(error);
      if (refusal === undefined) throw error;
      this.#refused(refusal);
      throw fail('QUEUE_UNAVAILABLE', { reason: `Redis at ${this.address} refuses: ${refusal}` });
    } finally {
      answered.abort();
    }
  }

  /** Finds out whether Redis still works; a connection that is open but dead is closed, which makes it connect anew. */
  async ping(): Promise<void> {
    if (this.#readySince === undefined) return;
    const before = this.#refusal;
    this.#refusal = undefined;
    try {
      // A write, which a full or read-only Redis refuses.
      await this.run(() => this.commands.set(this.#settings.epochKey, crypto.randomUUID(), 'NX'));
      if (before !== undefined) this.#ports.logger.info({ redis: this.address }, 'Redis takes writes again');
    } catch (error) {
      if (this.#refusal !== undefined) return;
      this.#failed(error);
      this.#closed();
      this.commands.disconnect(true);
      this.#news.disconnect(true);
    }
  }

  close(): void {
    this.commands.disconnect();
    this.#news.disconnect();
  }

  #failed(error: unknown): void {
    this.#reason = describeError(error);
    if (this.#readySince !== undefined || this.#isTold) return;
    this.#isTold = true;
    this.#ports.logger.warn({ redis: this.address, reason: this.#reason }, 'Redis cannot be reached');
  }

  #refused(refusal: string): void {
    if (this.#refusal === undefined) this.#ports.logger.warn({ redis: this.address, reason: refusal }, 'Redis refuses');
    this.#refusal = refusal;
  }

  #closed(): void {
    if (this.#readySince === undefined) return;
    this.#readySince = undefined;
    this.#downSince = this.#ports.clock.now();
    this.#isTold = true;
    this.#ports.logger.warn({ redis: this.address, reason: this.#reason }, 'the connection to Redis is lost');
  }

  async #ready(): Promise<void> {
    try {
      const { epochKey } = this.#settings;
      await this.commands.set(epochKey, crypto.randomUUID(), 'NX');
      const epoch = (await this.commands.get(epochKey)) ?? undefined;
      const lost = this.#epoch !== undefined && epoch !== this.#epoch;
      this.#epoch = epoch;
      this.#readySince = this.#ports.clock.now();
      this.#downSince = undefined;
      this.#isTold = false;
      this.#ports.logger.info({ redis: this.address }, 'connected to Redis');
      if (lost) this.#events.dataLost();
      else this.#events.ready();
    } catch (error) {
      // Lost again meanwhile: there will be another "ready".
      this.#failed(error);
    }
  }
}
