import type { BasePorts } from '@kso/kit';
import type { ResultStore } from '@kso/store';
import { imageMatchesKind } from '@kso/wire';
import { identityKind } from '../scanning/locate-image.ts';

export interface RetentionOptions extends Pick<BasePorts, 'clock' | 'logger'> {
  readonly results: ResultStore;
  /** How long answers are kept after they were written, in ms. */
  readonly keepMs: number;
}

/**
 * Removes the answers about images that nobody may run any more. One that was still needed costs a scan and loses nothing: what was
 * found for a workload is a record of its own and stays.
 */
export interface Retention {
  start(): void;
  stop(): Promise<void>;
}

const everyMs = 60 * 60 * 1000;

export function createRetention({ clock, logger, results, keepMs }: RetentionOptions): Retention {
  const stopping = new AbortController();
  let loop: Promise<void> | undefined;

  const prune = (): void => {
    try {
      const before = clock.now() - keepMs;
      const answers = [imageMatchesKind, identityKind].reduce((sum, kind) => sum + results.prune(kind, before), 0);
      if (answers > 0) logger.info({ answers }, 'old answers about images were removed');
    } catch (error) {
      logger.error({ err: error }, 'old answers about images could not be removed');
    }
  };
  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      prune();
      await clock.sleep(everyMs, stopping.signal).catch(() => undefined);
    }
  };

  return {
    start: () => {
      loop ??= run();
    },
    stop: async () => {
      stopping.abort();
      await loop;
    },
  };
}
