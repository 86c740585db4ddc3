import { randomUUID } from 'node:crypto';
import { backoffDelay, KsoError } from '@kso/kit';
import type { Priority } from '@kso/queue';
import { fail } from '../errors.ts';
import { commandStarted } from '../jobs/command-reports.ts';
import { retellEnds } from '../jobs/retell-ends.ts';
import { keepLogin } from '../registries/command-login.ts';
import { announcedSchedules } from '../schedules/schedule-view.ts';
import { type Cancelled, cancelCommand } from './cancel-command.ts';
import { type CarryOutContext, carryOut, giveUp } from './carry-out.ts';
import { blanked, type Command, commandId } from './command.ts';
import { isKnownCommand } from './command-table.ts';
import { CommandRecord, type ScheduleView, toJson } from './plan.ts';
import { type CommandSource, type RecordOptions, recordOf } from './read-plan.ts';
import { WorkLine } from './work-line.ts';

/** What became of one command of a body, in the order of the body. */
export interface Receipt {
  readonly commandName: string;
  /** `known`: the same job id was given before and is being carried out, or was a moment ago. */
  readonly outcome: 'accepted' | 'known' | 'notFound' | 'rejected';
  readonly jobId?: string;
  /** Recurring scans that it makes or changes, as far as the command itself says when they run. */
  readonly schedules?: readonly ScheduleView[];
  /** What an action would do. */
  readonly planned?: string;
  readonly failure?: { readonly code: string; readonly message: string };
}

const mostLogged = 20;
/** A job id that comes again within this time is a client that did not hear our answer, later it is a new command. */
const repeatedWithinMs = 10 * 60 * 1000;
const backoff = { baseMs: 1000, maxMs: 60_000 };
const fanOutAttempts = 4;
const maxNameLength = 100;

/** How often an operator without work looks for commands that another one has left, and from which age on they count as left. */
const adoption = { everyMs: 15_000, afterMs: 30_000 };

/**
 * Takes commands: each is written into the queue as a parent before the answer goes out, and carried out afterwards, a few at a time.
 * What was not finished when the process ended is taken up again by `start`, or by another operator that has nothing to do.
 */
export class CommandDesk {
  readonly #context: CarryOutContext;
  readonly #stopping = new AbortController();
  readonly #line: WorkLine<CommandRecord>;
  /** Commands of bodies that are being taken. */
  #reserved = 0;
  #looking: Promise<void> | undefined;

  constructor(context: Omit<CarryOutContext, 'signal'>) {
    this.#context = { ...context, signal: this.#stopping.signal };
    const { config, ports, metrics } = context;
    this.#line = new WorkLine(
      {
        concurrency: config.workerConcurrency,
        clock: ports.clock,
        attempt: (jobId, record, attempt) => this.#carryOut(jobId, record, attempt),
        onChange: () => metrics.waiting(this.size),
      },
      this.#stopping.signal,
    );
  }

  /** Commands that are taken and not carried out yet. */
  get size(): number {
    return this.#line.size;
  }

  /**
   * Resolves when every command is safe. `priority` holds for those that name none.
   * @throws TOO_MANY_COMMANDS, QUEUE_UNAVAILABLE: the body may be sent again
   */
  async submit(commands: readonly Command[], source: CommandSource, priority?: Priority): Promise<Receipt[]> {
    const { config, ports, metrics } = this.#context;
    ports.logger.info(
      { commands: commands.slice(0, mostLogged).map(blanked), count: commands.length, source },
      'commands received',
    );
    const taken = this.size + this.#reserved;
    if (taken + commands.length > config.capacity)
      throw fail('TOO_MANY_COMMANDS', { count: taken, limit: config.capacity });
    // At once: other bodies come while this one is being written.
    let reserved = commands.length;
    this.#reserved += reserved;
    const receipts: Receipt[] = [];
    try {
      for (const command of commands) {
        const receipt = await this.#accept(command, source, priority);
        this.#reserved -= 1;
        reserved -= 1;
        metrics.received(receipt.commandName, source, receipt.outcome);
        receipts.push(receipt);
      }
    } finally {
      this.#reserved -= reserved;
    }
    return receipts;
  }

  /** Ends a command that nobody wants any more. @throws QUEUE_… */
  async cancel(jobId: string): Promise<Cancelled> {
    const cancelled = await cancelCommand(jobId, this.#context);
    if (cancelled === 'cancelled') this.#line.remove(jobId);
    return cancelled;
  }

  /** Goes on with commands that were interrupted, here and later elsewhere; tries until the queue answers. */
  start(): void {
    this.#looking ??= this.#look();
  }

  /** Takes up nothing more and waits for what is being carried out, which ends soon or is done again after the next start. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await Promise.all([this.#line.ended(), this.#looking]);
  }

  async #accept(command: Command, source: CommandSource, priority?: Priority): Promise<Receipt> {
    const { config, ports } = this.#context;
    const { logger } = ports;
    const commandName = command.commandName.slice(0, maxNameLength);
    if (commandName === '') {
      // Both texts are upstream's, people search logs for them.
      logger.error({ source }, `command not found. id: ${commandId(command).slice(0, maxNameLength)}`);
      const { code, message } = fail('COMMAND_EMPTY');
      return { commandName, outcome: 'rejected', failure: { code, message } };
    }
    if (!isKnownCommand(commandName, config.commands)) {
      logger.info({ source }, `Command ${commandName} not found`);
      return { commandName, outcome: 'notFound' };
    }
    const given = command.jobTracking.jobID;
    const known = given === '' ? 'new' : await this.#judge(given);
    if (known === 'repeated') return { commandName, outcome: 'known', jobId: given };
    return this.#open(command, given === '' || known === 'used' ? randomUUID() : given, source, priority);
  }

  async #judge(jobId: string): Promise<'new' | 'repeated' | 'used'> {
    const { queue, clock } = this.#context.ports;
    const parent = await queue.getParent(jobId);
    if (parent === undefined) return 'new';
    const ended = parent.completedAt;
    return ended === undefined || clock.now() - ended < repeatedWithinMs ? 'repeated' : 'used';
  }

  async #open(command: Command, jobId: string, source: CommandSource, priority?: Priority): Promise<Receipt> {
    const { config, ports, reports } = this.#context;
    const record = await this.#record(command, jobId, {
      source,
      config,
      priority,
      traceparent: ports.tracer.current(),
    });
    await ports.queue.openParent(jobId, toJson(record));
    await reports.tryPut(commandStarted({ jobId, record }));
    this.#line.add(jobId, record);
    const { commandName, plan } = record;
    const failure = plan.type === 'rejected' ? plan.failure : undefined;
    const planned = plan.type === 'remediation' ? { planned: plan.planned } : {};
    // What names a registry is an argument: of those nothing is logged.
    const target = plan.type === 'registry' ? undefined : record.target;
    const fields = { jobId, parentId: record.parentId, commandName, source, target };
    if (failure === undefined) ports.logger.info(fields, 'command accepted');
    else ports.logger.warn({ ...fields, ...failure }, 'command rejected');
    return failure === undefined
      ? {
          commandName,
          outcome: 'accepted',
          jobId,
          ...planned,
          ...announcedSchedules(plan, config.schedules.timeZone, ports.clock),
        }
      : { commandName, outcome: 'rejected', jobId, failure };
  }

  /** The command as it is stored: a login that it carries is in a Secret by then. @throws KUBE_…: the body may be sent again */
  async #record(command: Command, jobId: string, options: RecordOptions): Promise<CommandRecord> {
    const record = recordOf(command, jobId, options);
    if (record.plan.type === 'rejected') return record;
    try {
      const secretName = await keepLogin(command, jobId, this.#context.ports);
      return secretName === undefined ? record : recordOf(command, jobId, { ...options, secretName });
    } catch (error) {
      if (!(error instanceof KsoError) || error.retryable) throw error;
      return { ...record, plan: { type: 'rejected', failure: { code: error.code, message: error.message } } };
    }
  }

  /** Answers when to try again, or undefined when the jobs are in the queue or never will be; never rejects. */
  async #carryOut(jobId: string, record: CommandRecord, attempt: number): Promise<number | undefined> {
    const { ports } = this.#context;
    const logger = ports.logger.child({ jobId, parentId: record.parentId, commandName: record.commandName });
    const options = { kind: 'internal', parent: record.traceparent, attributes: { 'job.id': jobId } } as const;
    try {
      const span = `command ${record.commandName}`;
      const note = await ports.tracer.span(span, options, () => carryOut(jobId, record, this.#context));
      if (note.errors.length > 0) logger.warn({ errors: note.errors }, 'not everything could be listed');
      logger.info({ pods: note.pods }, 'jobs of the command are queued');
      return undefined;
    } catch (error) {
      if (this.#stopping.signal.aborted || isSealed(error)) return undefined;
      if (isOutage(error) || attempt < fanOutAttempts) {
        logger.warn({ err: error, attempt }, 'a command could not be carried out yet');
        return backoffDelay(attempt, backoff);
      }
      logger.error({ err: error, attempt }, 'a command could not be carried out');
      await this.#giveUp(jobId, record, error);
      return undefined;
    }
  }

  async #giveUp(jobId: string, record: CommandRecord, reason: unknown): Promise<void> {
    try {
      await giveUp(jobId, record, reason, this.#context);
    } catch (error) {
      // Still open in the queue: the next start tries again.
      this.#context.ports.logger.error({ err: error, jobId }, 'the failure of a command could not be kept');
    }
  }

  async #look(): Promise<void> {
    const { logger } = this.#context.ports;
    let isFirst = true;
    for (let failures = 0; !this.#stopping.signal.aborted; ) {
      try {
        if (isFirst) {
          await retellEnds(this.#context.ports, this.#context.reports);
          await this.#takeUp(Number.POSITIVE_INFINITY);
        }
        // One that has work leaves the rest to those that have none.
        else if (this.size === 0) await this.#takeUp(this.#context.ports.clock.now() - adoption.afterMs);
        isFirst = false;
        failures = 0;
      } catch (error) {
        failures += 1;
        logger.debug({ err: error, failures }, 'interrupted commands cannot be read yet');
      }
      await this.#pause(failures === 0 ? adoption.everyMs : backoffDelay(failures, backoff));
    }
  }

  /** Takes up commands that were opened before a time (epoch milliseconds) and whose jobs are not all given out. */
  async #takeUp(openedBefore: number): Promise<void> {
    const { ports, config } = this.#context;
    const open = await ports.queue.listParents({ complete: false, limit: config.capacity });
    for (const { id, data, sealed, openedAt } of open.toReversed()) {
      const record = CommandRecord.safeParse(data);
      if (record.success && !sealed && openedAt < openedBefore) this.#line.add(id, record.data);
    }
  }

  async #pause(ms: number): Promise<void> {
    await this.#context.ports.clock.sleep(ms, this.#stopping.signal).catch(() => undefined);
  }
}

/** It ends by itself. What an API server refuses, it refuses again. */
function isOutage(error: unknown): boolean {
  if (!(error instanceof KsoError) || !error.retryable) return false;
  const { status } = error.context;
  return typeof status !== 'number' || status >= 500 || status === 429;
}

/** It was cancelled in the meantime: there is nobody to give jobs out for. */
function isSealed(error: unknown): boolean {
  return error instanceof KsoError && error.code === 'PARENT_SEALED';
}
