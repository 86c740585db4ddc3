import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** The script of the checkout that builds pinned versions of outside programs into the tool cache. */
const installer = fileURLToPath(new URL('../../../../tools/programs/install.ts', import.meta.url));

export type BuilderCheck = { readonly ok: true } | { readonly ok: false; readonly reason: string };

type Environment = Readonly<Record<string, string | undefined>>;

/** Whether this machine can build the programs: it needs Go and the checkout with its tools (an image has neither). */
export function canBuild(env: Environment): BuilderCheck {
  if (!existsSync(installer)) return { ok: false, reason: 'the build tools are only in a checkout of the source' };
  const hasGo = (env['PATH'] ?? '').split(delimiter).some((folder) => folder !== '' && existsSync(join(folder, 'go')));
  return hasGo ? { ok: true } : { ok: false, reason: 'Go is not on PATH (https://go.dev/doc/install)' };
}

export interface InstallOptions {
  readonly env: Environment;
  readonly signal: AbortSignal;
  /** One line about what is being done. */
  readonly onStep: (text: string) => void;
}

export type InstallResult = { readonly ok: true } | { readonly ok: false; readonly reason: string };

/** Builds programs in a child process; ends it when the signal aborts. Never rejects. */
export async function installPrograms(names: readonly string[], options: InstallOptions): Promise<InstallResult> {
  const child = spawn(process.execPath, [installer, ...names, '--json'], {
    env: { ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
    signal: options.signal,
  });
  let problem = '';
  createInterface({ input: child.stdout }).on('line', (line) => {
    const event = readEvent(line);
    if (event.failure !== undefined) problem = event.failure;
    else if (event.step !== undefined) options.onStep(event.step);
  });
  createInterface({ input: child.stderr }).on('line', (line) => {
    problem ||= line.trim();
  });
  const { promise, resolve } = Promise.withResolvers<InstallResult>();
  const failed = (reason: string): void => {
    resolve({ ok: false, reason: `${names.join(' and ')} could not be built: ${reason}` });
  };
  child.on('error', (error) => {
    failed(error.message);
  });
  child.on('close', (code) => {
    if (code === 0) resolve({ ok: true });
    else failed(problem === '' ? `the build ended with ${code ?? 'a signal'}` : problem);
  });
  return promise;
}

interface Event {
  readonly step?: string;
  readonly failure?: string;
}

/** A line of `tools/programs/install.ts --json`. */
function readEvent(line: string): Event {
  let parsed: unknown;
  try {
    parsed = JSON.parse(line);
  } catch {
    return {};
  }
  if (typeof parsed !== 'object' || parsed === null) return {};
  const { event, program, message, reason, hint } = parsed as Readonly<Record<string, unknown>>;
  if (event === 'failed') return { failure: `${String(program)}: ${String(reason)} (${String(hint)})` };
  if (event === 'done') return { step: `${String(program)}: ready` };
  return typeof message === 'string' ? { step: `${String(program)}: ${message}` } : {};
}
