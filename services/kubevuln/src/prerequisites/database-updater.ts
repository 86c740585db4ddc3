import type { DatabaseChange } from '@kso/engines';
import { type BasePorts, describeError } from '@kso/kit';

export interface DatabaseUpdaterOptions extends Pick<BasePorts, 'clock' | 'logger'> {
  readonly update: (signal: AbortSignal) => Promise<DatabaseChange>;
  /** After a success; default 24 h (kubevuln.md 1.10). */
  readonly intervalMs: number;
  /** After a failure; default 5 min. */
  readonly retryMs: number;
  /** After each attempt. */
  readonly onAttempt: (change: DatabaseChange) => Promise<void>;
}

/** Keeps the database new. A failed update leaves the one before in place and is tried again; it never ends the process. */
export interface DatabaseUpdater {
  start(): void;
  /** Tries now instead of at the next turn: the matcher has just appeared. */
  wake(): void;
  stop(): Promise<void>;
}

export function createDatabaseUpdater(options: DatabaseUpdaterOptions): DatabaseUpdater {
  const { clock, logger } = options;
  const stopping = new AbortController();
  let sleeping = new AbortController();
  let loop: Promise<void> | undefined;

  const attempt = async (): Promise<boolean> => {
    const change = await options.update(stopping.signal);
    if (change.outcome === 'cancelled') return true;
    await options.onAttempt(change);
    switch (change.outcome) {
      case 'changed':
      case 'unchanged':
        logger.info({ built: new Date(change.database.built).toISOString() }, 'vulnerability database is up to date');
        return true;
      case 'engineUnavailable':
        return false;
      case 'timedOut':
        logger.warn({ timeoutMs: change.timeoutMs }, 'the update of the vulnerability database took too long');
        return false;
      default:
        logger.warn({ detail: change.detail }, 'the vulnerability database could not be updated');
        return false;
    }
  };

  const safely = async (): Promise<boolean> => {
    try {
      return await attempt();
    } catch (error) {
      logger.warn({ problem: describeError(error) }, 'the update of the vulnerability database failed');
      return false;
    }
  };

  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      sleeping = new AbortController();
      const wait = (await safely()) ? options.intervalMs : options.retryMs;
      await clock.sleep(wait, AbortSignal.any([stopping.signal, sleeping.signal])).catch(() => undefined);
    }
  };

  return {
    start: () => {
      loop ??= run();
    },
    wake: () => {
      sleeping.abort();
    },
    stop: async () => {
      stopping.abort();
      await loop;
    },
  };
}
