import { createWriteStream, mkdirSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { DestinationStream } from '@kso/kit';
import { fail } from '../errors.ts';
import type { CliHost } from '../host.ts';

const keepBytes = 10 * 1024 * 1024;

export interface LogTarget {
  readonly stream: DestinationStream;
  /** Where to look when something went wrong. */
  readonly name: string;
  close(): Promise<void>;
}

/** The log of the services: a file in the data folder, so that it does not run through the results, or standard error. */
export function openLog(folder: string, verbose: boolean, host: CliHost): LogTarget {
  if (verbose) {
    const stream = { write: (line: string) => void host.stderr.write(line) };
    return { stream, name: 'standard error', close: () => Promise.resolve() };
  }
  const file = join(folder, 'kso.log');
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    rotate(file);
  } catch (error) {
    throw fail('OUTPUT_UNWRITABLE', { path: file, problem: error instanceof Error ? error.message : String(error) });
  }
  const output = createWriteStream(file, { flags: 'a', mode: 0o600 });
  // A log that cannot be written must not end what it tells about.
  output.on('error', () => undefined);
  return {
    stream: { write: (line: string) => void output.write(line) },
    name: file,
    close: () => new Promise((resolve) => output.end(() => resolve())),
  };
}

/** One old file is kept. */
function rotate(file: string): void {
  const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  if (size > keepBytes) renameSync(file, `${file}.1`);
}
