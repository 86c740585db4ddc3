import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { directorySize } from './directory-size.ts';
import { launchUnderLimits } from './launcher.ts';
import { peakMemory } from './peak-memory.ts';
import { redact } from './redact.ts';
import { TextTail } from './text-tail.ts';

export interface RunOptions {
  readonly program: string;
  readonly args: readonly string[];
  /** The whole environment of the child, see `childEnvironment`. */
  readonly env: Readonly<Record<string, string>>;
  readonly workingDirectory: string;
  /** Where standard output goes; beyond `maxBytes` the child is killed. */
  readonly stdout: { readonly file: string; readonly maxBytes: number };
  readonly timeoutMs: number;
  /** Time between SIGTERM and SIGKILL; default 2000. */
  readonly graceMs?: number;
  readonly memoryBytes?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Values that must not appear in `stderr`, whatever the child prints. */
  readonly secrets?: readonly string[];
  /** The child is killed when the files below `directory` exceed `maxBytes`. */
  readonly disk?: { readonly directory: string; readonly maxBytes: number; readonly everyMs?: number };
  /** Sees each piece of standard error as it comes, not redacted. */
  readonly onStderr?: (text: string) => void;
  /** Told at the end how much memory the child had at most, in bytes, where the system tells (Linux) and it lived long enough to be seen. */
  readonly onPeakMemory?: ((bytes: number) => void) | undefined;
}

/** How a child ended. Only `exited` with code 0 has complete output. */
export type RunEnd = { readonly stderr: string } & (
  | { readonly ended: 'exited'; readonly code: number }
  /** By a signal that was not ours, or by the memory limit. */
  | { readonly ended: 'outOfMemory' }
  | { readonly ended: 'signalled'; readonly signal: string }
  | { readonly ended: 'timedOut' | 'cancelled' | 'outputTooLarge' | 'diskTooLarge' }
  | { readonly ended: 'notStarted' }
);

type KillReason = 'timedOut' | 'cancelled' | 'outputTooLarge' | 'diskTooLarge';

const stderrTailCharacters = 8 * 1024;
const defaultGraceMs = 2000;
const defaultDiskCheckMs = 1000;
const memoryLookMs = 100;

/**
 * Runs a program in a process group of its own, with limits on time, memory, output and disk. Never rejects for what the child does;
 * rejects when the output file cannot be written.
 */
export async function runProgram(options: RunOptions): Promise<RunEnd> {
  if (options.signal?.aborted === true) return { ended: 'cancelled', stderr: '' };
  const { command, args } = launchUnderLimits(options.program, options.args, options.memoryBytes);
  const child = spawn(command, args, {
    cwd: options.workingDirectory,
    env: { ...options.env },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const tail = new TextTail(stderrTailCharacters);
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    tail.add(text);
    options.onStderr?.(text);
  });
  const guard = new Guard(child, options);
  try {
    const ended = endOf(child);
    const output = pipeline(child.stdout, guard.countOutput(), createWriteStream(options.stdout.file, { mode: 0o600 }));
    // Nobody will read what it finds out.
    output.catch(() => guard.abandon());
    const [end, written] = await Promise.allSettled([ended, output]);
    if (written.status === 'rejected' && guard.reason === undefined && isFileError(written.reason)) {
      throw written.reason;
    }
    const stderr = redact(tail.toString(), options.secrets);
    if (end.status === 'rejected') return { ended: 'notStarted', stderr: redact(String(end.reason), options.secrets) };
    return { ...classify(end.value, guard.reason, stderr), stderr };
  } finally {
    guard.release();
  }
}

interface ChildEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

function endOf(child: ChildProcess): Promise<ChildEnd> {
  return new Promise((resolve, reject) => {
    child.once('error', (error) => {
      // Without a process there is nothing that could close the pipes.
      if (child.pid === undefined) child.stdout?.destroy();
      reject(error);
    });
    child.once('exit', () => {
      killGroup(child, 'SIGKILL');
    });
    child.once('close', (code, signal) => {
      resolve({ code, signal });
    });
  });
}

function classify(end: ChildEnd, reason: KillReason | undefined, stderr: string) {
  if (reason !== undefined) return { ended: reason };
  if (end.code === null) {
    // The kernel's OOM killer and a container's memory limit both send SIGKILL.
    return end.signal === 'SIGKILL'
      ? { ended: 'outOfMemory' as const }
      : { ended: 'signalled' as const, signal: String(end.signal) };
  }
  if (end.code === 137 || (end.code === 2 && goRanOutOfMemory(stderr))) return { ended: 'outOfMemory' as const };
  return { ended: 'exited' as const, code: end.code };
}

/** A Go program that is refused memory by the kernel ends with status 2 and one of these lines. */
function goRanOutOfMemory(stderr: string): boolean {
  return /fatal error: (runtime: )?(out of memory|cannot allocate memory)|fatal error: .*arena/.test(stderr);
}

function isFileError(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error && 'code' in error && error.code !== 'EPIPE';
}

function killGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // The group is gone already.
  }
}

/** Everything that may end a child before it ends itself. */
class Guard {
  reason: KillReason | undefined;
  readonly #child: ChildProcess;
  readonly #graceMs: number;
  readonly #signal: AbortSignal | undefined;
  readonly #maxOutput: number;
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #onPeakMemory: RunOptions['onPeakMemory'];
  #peakMemory = 0;
  readonly #onAbort = (): void => {
    this.#kill('cancelled');
  };

  constructor(child: ChildProcess, options: RunOptions) {
    this.#child = child;
    this.#graceMs = options.graceMs ?? defaultGraceMs;
    this.#maxOutput = options.stdout.maxBytes;
    this.#signal = options.signal;
    this.#signal?.addEventListener('abort', this.#onAbort, { once: true });
    this.#timers.push(
      setTimeout(() => {
        this.#kill('timedOut');
      }, options.timeoutMs),
    );
    if (options.disk !== undefined) this.#watchDisk(options.disk);
    this.#onPeakMemory = options.onPeakMemory;
    if (options.onPeakMemory !== undefined) this.#watchMemory();
  }

  countOutput(): Transform {
    let bytes = 0;
    return new Transform({
      transform: (chunk: Buffer, _encoding, done) => {
        bytes += chunk.length;
        if (bytes <= this.#maxOutput) {
          done(null, chunk);
          return;
        }
        this.#kill('outputTooLarge');
        done();
      },
    });
  }

  /** Kills the child for a reason that is not one of its ends. */
  abandon(): void {
    // Only while it lives: the number of an ended process may be another's by now.
    if (this.#child.exitCode === null && this.#child.signalCode === null) killGroup(this.#child, 'SIGKILL');
  }

  release(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#signal?.removeEventListener('abort', this.#onAbort);
    this.abandon();
    if (this.#peakMemory > 0) this.#onPeakMemory?.(this.#peakMemory);
  }

  #watchMemory(): void {
    const look = async (): Promise<void> => {
      this.#peakMemory = Math.max(this.#peakMemory, await peakMemory(this.#child.pid));
    };
    this.#timers.push(setInterval(() => void look(), memoryLookMs));
  }

  #watchDisk({ directory, maxBytes, everyMs = defaultDiskCheckMs }: NonNullable<RunOptions['disk']>): void {
    const check = async (): Promise<void> => {
      if ((await directorySize(directory)) > maxBytes) this.#kill('diskTooLarge');
    };
    this.#timers.push(setInterval(() => void check(), everyMs));
  }

  #kill(reason: KillReason): void {
    if (this.reason !== undefined) return;
    this.reason = reason;
    killGroup(this.#child, 'SIGTERM');
    this.#timers.push(
      setTimeout(() => {
        killGroup(this.#child, 'SIGKILL');
      }, this.#graceMs),
    );
  }
}
