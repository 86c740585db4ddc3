import { isAbsolute, resolve } from 'node:path';
import type { Readable, Writable } from 'node:stream';

/** A stream that may be a terminal. */
export type Output = Writable & { readonly isTTY?: boolean; readonly columns?: number };

/** The world around a run of `kso`: the process in `main.ts`, a test's own elsewhere. */
export interface CliHost {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly home: string;
  /** Results. */
  readonly stdout: Output;
  /** Progress, errors, hints. */
  readonly stderr: Output;
  /** Manifests for `-`. */
  readonly stdin?: Readable;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** Aborts at the first Ctrl-C or SIGTERM; the reason is an `Interruption`. */
  readonly signal: AbortSignal;
}

/** Folder from which relative paths count: where the user typed the command, which pnpm keeps in `INIT_CWD` when it runs a script. */
export function userFolder(host: CliHost): string {
  const initial = host.env['INIT_CWD'];
  const isScript = (host.env['npm_lifecycle_event'] ?? '') !== '';
  return isScript && initial !== undefined && isAbsolute(initial) ? initial : host.cwd;
}

export function userPath(host: CliHost, path: string): string {
  return resolve(userFolder(host), path);
}
