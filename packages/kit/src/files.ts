import { readFileSync, statSync } from 'node:fs';
import { fail } from './error-table.ts';

/** Configuration files are small; a larger one is a mistake (a path to a device, a log). */
const maxBytes = 4 * 1024 * 1024;

/** A small text file, without surrounding white space. `what` names its purpose in the error. @throws FILE_MISSING, FILE_UNREADABLE, FILE_MALFORMED */
export function readTextFile(file: string, what: string): string {
  try {
    if (statSync(file).size > maxBytes) throw fail('FILE_MALFORMED', { what, file, problem: 'larger than 4 MiB' });
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    if (!isSystemError(error)) throw error;
    throw fail(error.code === 'ENOENT' ? 'FILE_MISSING' : 'FILE_UNREADABLE', { what, file }, error);
  }
}

/** A small JSON file. @throws FILE_MISSING, FILE_UNREADABLE, FILE_MALFORMED */
export function readJsonFile(file: string, what: string): unknown {
  const text = readTextFile(file, what);
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw fail('FILE_MALFORMED', { what, file, problem: jsonProblem(text, error) });
  }
}

/** Only the place: the parser's own message quotes the text, and that may hold a secret. */
function jsonProblem(text: string, error: unknown): string {
  if (text === '') return 'empty';
  const message = error instanceof Error ? error.message : '';
  const position = /position (\d+)/.exec(message)?.[1];
  if (position === undefined) return 'not JSON';
  const before = text.slice(0, Number(position)).split('\n');
  return `not JSON at line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}`;
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'code' in error && 'syscall' in error;
}
