import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describeError } from '@kso/kit';
import { fail } from './errors.ts';
import { findProgram, requireProgram } from './programs.ts';
import { until } from './until.ts';

export interface ProgramOptions {
  /** Looked up with `findProgram` unless it is a path. */
  readonly program: string;
  readonly args: readonly string[];
  readonly cwd?: string;
  /** In addition to the environment of the test. */
  readonly env?: Readonly<Record<string, string>>;
  /** Standard output and error are appended here. */
  readonly logFile: string;
  /** Polled until it returns true; an exception counts as "not yet". Without it the program is ready once it runs. */
  readonly ready?: () => Promise<boolean>;
  /** Milliseconds; default 60,000, for a machine that does other things as well. */
  readonly readyWithin?: number;
}

/** A program that runs beside a test. */
export interface RunningProgram {
  readonly pid: number;
  readonly logFile: string;
  /** Exit code, or the signal's name. */
  readonly ended: Promise<number | string>;
  kill(signal: NodeJS.Signals): void;
  /** SIGTERM, and SIGKILL when that has not ended it within 5 s. Resolves when it is gone; safe to call twice. */
  stop(): Promise<void>;
}

const running = new Set<ChildProcess>();
let guarded = false;

/**
 * Starts a program and resolves when it is ready. What still runs when the test process ends is killed with it.
 * @throws PROGRAM_MISSING, PROGRAM_ENDED, PROGRAM_NOT_READY; the last lines of its log are in the message.
 */
export async function startProgram(options: ProgramOptions): Promise<RunningProgram> {
  const name = path.basename(options.program);
  const file = path.isAbsolute(options.program) ? options.program : requireProgram(options.program);
  const child = spawnLogged(file, options);
  const ended = new Promise<number | string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(signal ?? code ?? 'an unknown status'));
  });
  void ended.then(() => running.delete(child));
  const program: RunningProgram = {
    pid: child.pid ?? -1,
    logFile: options.logFile,
    ended,
    kill: (signal) => void child.kill(signal),
    stop: () => stopChild(child, ended),
  };
  try {
    await untilReady(name, options, ended);
  } catch (error) {
    await program.stop();
    throw error;
  }
  return program;
}

function spawnLogged(file: string, options: ProgramOptions): ChildProcess {
  killAllOnExit();
  const log = openSync(options.logFile, 'a');
  try {
    const [command, args] = boundToUs(file, options.args);
    const child = spawn(command, args, {
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      env: { ...process.env, ...options.env },
      stdio: ['ignore', log, log],
    });
    running.add(child);
    return child;
  } finally {
    closeSync(log);
  }
}

/** On Linux the kernel ends the program when the test process dies, however it dies. */
function boundToUs(file: string, args: readonly string[]): [string, readonly string[]] {
  const setpriv = process.platform === 'linux' ? findProgram('setpriv') : undefined;
  return setpriv === undefined ? [file, args] : [setpriv, ['--pdeathsig', 'KILL', '--', file, ...args]];
}

async function untilReady(name: string, options: ProgramOptions, ended: Promise<number | string>): Promise<void> {
  let status: number | string | undefined;
  const seeEnd = async () => {
    status = await ended;
  };
  void seeEnd();
  // One turn lets a failed spawn be seen before the first question.
  await new Promise((resolve) => setImmediate(resolve));
  const look = async () => status !== undefined || options.ready === undefined || options.ready();
  await until(`${name} is ready`, look, { within: options.readyWithin ?? 60_000 }).catch((cause: unknown) => {
    throw fail('PROGRAM_NOT_READY', { program: name, reason: describeError(cause), log: tail(options.logFile) }, cause);
  });
  if (status !== undefined) throw fail('PROGRAM_ENDED', { program: name, status, log: tail(options.logFile) });
}

async function stopChild(child: ChildProcess, ended: Promise<number | string>): Promise<void> {
  if (child.pid === undefined) return;
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), 5000);
  await ended;
  clearTimeout(timer);
}

function killAllOnExit(): void {
  if (guarded) return;
  guarded = true;
  process.once('exit', () => {
    for (const child of running) child.kill('SIGKILL');
  });
}

function tail(file: string): string {
  return readFileSync(file, 'utf8').split('\n').slice(-25).join('\n');
}
