import { readFile } from 'node:fs/promises';
import { type Clock, systemClock } from './clock.ts';
import { fail } from './error-table.ts';

/** A token in a file that someone else renews (the kubelet swaps a symlink about once an hour). */
export interface RotatingToken {
  /** The token; read from the file when the known one is a minute old or was rejected. @throws TOKEN_UNREADABLE */
  get(): Promise<string>;
  /** Call after a 401: the next `get` reads the file at once. */
  rejected(): void;
}

export interface RotatingTokenOptions {
  readonly clock?: Clock;
  /** Age in ms from which the file is read again. */
  readonly maxAgeMs?: number;
}

/** Reads the file at most once at a time; a file that vanishes for a moment keeps the token that is known. */
export function rotatingToken(path: string, options: RotatingTokenOptions = {}): RotatingToken {
  const { clock = systemClock, maxAgeMs = 60_000 } = options;
  let known: { token: string; readAt: number } | undefined;
  let reading: Promise<string> | undefined;

  async function read(): Promise<string> {
    try {
      const token = (await readFile(path, 'utf8')).trim();
      if (token === '') throw fail('TOKEN_UNREADABLE', { file: path });
      known = { token, readAt: clock.now() };
      return token;
    } catch (error) {
      if (known !== undefined) return known.token;
      throw fail('TOKEN_UNREADABLE', { file: path }, error);
    } finally {
      reading = undefined;
    }
  }

  return {
    get: () => {
      if (known !== undefined && clock.now() - known.readAt < maxAgeMs) return Promise.resolve(known.token);
      reading ??= read();
      return reading;
    },
    rejected: () => {
      // Only the age is dropped: the token itself is still the best that is known if the file cannot be read.
      if (known !== undefined) known = { token: known.token, readAt: Number.NEGATIVE_INFINITY };
    },
  };
}
