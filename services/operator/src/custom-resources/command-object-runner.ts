import { type BasePorts, backoffDelay, describeError, KsoError } from '@kso/kit';
import { createTurns } from '@kso/kube';
import type { JsonObject, KubeObject } from '@kso/wire';
import { fail } from '../errors.ts';
import type { ClusterWatch } from '../leading/follow-cluster.ts';
import type { CommandObjects } from './command-objects.ts';
import { type OperatorCommand, readOperatorCommand } from './operator-command.ts';
import type { CommandHandler, CommandResult } from './run-command.ts';

export interface CommandObjectRunnerOptions {
  readonly objects: CommandObjects;
  /** By `commandType`. */
  readonly handlers: Readonly<Record<string, CommandHandler>>;
}

/** An object that nobody has begun with for so long was meant for another time (operator-gateway.md 4.5). */
const maxAgeMs = 30 * 60_000;
const keptMs = 24 * 60 * 60_000;
const sweepMs = 60_000;
/** Objects that are followed at once. */
const concurrency = 200;
const backoff = { baseMs: 1000, maxMs: 60_000 };

interface Finished {
  readonly name: string;
  readonly uid: string;
  readonly until: number;
}

/**
 * Carries out OperatorCommand objects and keeps their status: `started` before anything is done, `completed` when the work has really
 * ended, with its errors. Finished objects are removed after their time. Only one process at a time may run it for a namespace.
 */
export class CommandObjectRunner implements ClusterWatch {
  readonly what = 'OperatorCommand objects';
  readonly #options: CommandObjectRunnerOptions;
  readonly #ports: BasePorts;
  readonly #inTurn = createTurns(concurrency);
  /** By uid. */
  readonly #followed = new Map<string, Promise<void>>();
  readonly #finished = new Map<string, Finished>();

  constructor(options: CommandObjectRunnerOptions, ports: BasePorts) {
    this.#options = options;
    this.#ports = ports;
  }

  /** Until the signal aborts. What is not finished then is taken up by the next run. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, logger } = this.#ports;
    for (let attempt = 1; !signal.aborted; attempt += 1) {
      try {
        await this.#options.objects.watch((object) => this.#seen(object, signal), signal);
        break;
      } catch (error) {
        if (signal.aborted) break;
        logger.warn({ err: error, attempt }, 'OperatorCommand objects cannot be watched yet');
        await clock.sleep(backoffDelay(attempt, backoff), signal).catch(() => undefined);
      }
    }
    while (!signal.aborted) {
      await clock.sleep(sweepMs, signal).catch(() => undefined);
      await this.#sweep(signal);
    }
    await Promise.all(this.#followed.values());
    this.#finished.clear();
  }

  #seen(object: KubeObject, signal: AbortSignal): void {
    if (object.metadata.deletionTimestamp !== undefined) return;
    const now = this.#ports.clock.now();
    const read = readOperatorCommand(object, now);
    if (!read.ok) {
      if (!read.isCompleted) this.#follow(read, signal, () => this.#reject(read, read.problem, signal));
      return;
    }
    const { command } = read;
    if (command.completedAt !== undefined) this.#keep(command, command.completedAt);
    else if (command.isStarted || now - command.createdAt < maxAgeMs)
      this.#follow(command, signal, () => this.#carryOut(command, signal));
  }

  /** Once for each object, however often it is seen. */
  #follow({ uid, name }: Pick<OperatorCommand, 'uid' | 'name'>, signal: AbortSignal, work: () => Promise<void>): void {
    if (this.#followed.has(uid) || this.#finished.has(uid)) return;
    const following = this.#inTurn(work)
      .catch((error: unknown) => {
        if (!signal.aborted)
          this.#ports.logger.error({ err: error, command: name }, 'an OperatorCommand could not be followed');
      })
      .finally(() => this.#followed.delete(uid));
    this.#followed.set(uid, following);
  }

  async #carryOut(command: OperatorCommand, signal: AbortSignal): Promise<void> {
    const { name, spec } = command;
    const handler = Object.hasOwn(this.#options.handlers, spec.commandType)
      ? this.#options.handlers[spec.commandType]
      : undefined;
    const logger = this.#ports.logger.child({ command: name, commandType: spec.commandType, jobId: spec.guid });
    if (handler === undefined) {
      logger.info('an OperatorCommand of a type that this operator does not carry out');
      return;
    }
    if (!command.isStarted) {
      const started = { executer: 'operator', started: true, startedAt: this.#now() };
      // Deleted before it began: nobody wants it any more.
      if ((await this.#setStatus(name, started, signal)) === 'gone') return;
    }
    logger.info('an OperatorCommand is carried out');
    const result = await this.#patiently(name, signal, () => handler(command, signal)).catch((error: unknown) => {
      signal.throwIfAborted();
      logger.error({ err: error }, 'an OperatorCommand could not be carried out');
      return { errors: [fail('COMMAND_FAILED', { problem: describeError(error) }).message] };
    });
    logger.info({ errors: result.errors.length }, 'an OperatorCommand has ended');
    await this.#complete(command, result, signal);
  }

  async #reject(object: Pick<OperatorCommand, 'name' | 'uid'>, problem: string, signal: AbortSignal): Promise<void> {
    this.#ports.logger.warn({ command: object.name, problem }, 'an OperatorCommand is malformed');
    await this.#complete({ ...object, spec: {} }, { errors: [problem] }, signal);
  }

  async #complete(
    command: Pick<OperatorCommand, 'name' | 'uid'> & { readonly spec: { readonly ttl?: number | undefined } },
    { errors, payload }: CommandResult,
    signal: AbortSignal,
  ): Promise<void> {
    const several = errors.length > 1;
    const message = several ? 'Failed with multiple errors' : errors[0];
    const told = several ? JSON.stringify(errors) : payload;
    const status: JsonObject = {
      executer: 'operator',
      started: true,
      completed: true,
      completedAt: this.#now(),
      ...(message === undefined ? {} : { error: { message } }),
      ...(told === undefined ? {} : { payload: Buffer.from(told).toString('base64') }),
    };
    if ((await this.#setStatus(command.name, status, signal)) === 'written')
      this.#keep(command, this.#ports.clock.now());
  }

  #setStatus(name: string, status: JsonObject, signal: AbortSignal): Promise<'written' | 'gone'> {
    return this.#patiently(name, signal, () => this.#options.objects.setStatus(name, status, signal));
  }

  /** Outages are waited out: an object that was begun is brought to its end. @throws what will not be better later */
  async #patiently<T>(name: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await work();
      } catch (error) {
        signal.throwIfAborted();
        if (!(error instanceof KsoError) || !error.retryable) throw error;
        const fields = { command: name, attempt, problem: describeError(error) };
        this.#ports.logger.warn(fields, 'an OperatorCommand has to wait');
        await this.#ports.clock.sleep(backoffDelay(attempt, backoff), signal);
      }
    }
  }

  #keep(
    {
      name,
      uid,
      spec,
    }: Pick<OperatorCommand, 'name' | 'uid'> & { readonly spec: { readonly ttl?: number | undefined } },
    completedAt: number,
  ): void {
    const ttlMs = spec.ttl === undefined || spec.ttl === 0 ? keptMs : spec.ttl / 1e6;
    this.#finished.set(uid, { name, uid, until: completedAt + ttlMs });
  }

  async #sweep(signal: AbortSignal): Promise<void> {
    const now = this.#ports.clock.now();
    for (const finished of this.#finished.values()) {
      if (signal.aborted || finished.until > now) continue;
      try {
        await this.#options.objects.remove(finished, signal);
        this.#finished.delete(finished.uid);
      } catch (error) {
        if (!signal.aborted)
          this.#ports.logger.warn({ err: error, command: finished.name }, 'a finished OperatorCommand stays');
      }
    }
  }

  #now(): string {
    return new Date(this.#ports.clock.now()).toISOString();
  }
}
