import type { SbomEngine } from '@kso/engines';
import { type BasePorts, describeError } from '@kso/kit';
import type { Recorder } from '../results/recorder.ts';
import { enginesReady } from '../scanning/question.ts';
import { findStaleImages } from './known-images.ts';
import { type PassOptions, runMatchingPass, Superseded } from './matching-pass.ts';
import { tellWorkloads } from './tell-workloads.ts';

export interface RematcherOptions extends PassOptions, Pick<BasePorts, 'clock'> {
  readonly sbomEngine: SbomEngine;
  readonly recorder: Recorder;
  /** After a pass that broke. */
  readonly retryMs: number;
}

/** Keeps the findings of all known images those of the present database: one pass for the whole cluster after each change. */
export interface Rematcher {
  /** Database or engine may have changed. A pass that runs goes on and is followed by another one. */
  wake(): void;
  /** Ends a pass between two images; what is left is done after the next start. */
  stop(): Promise<void>;
}

export function createRematcher(options: RematcherOptions): Rematcher {
  const { logger, clock } = options;
  const stopping = new AbortController();
  let wanted = false;
  let loop: Promise<void> | undefined;

  const run = async (): Promise<void> => {
    while (wanted && !stopping.signal.aborted) {
      wanted = false;
      try {
        await rematch(options, stopping.signal);
      } catch (error) {
        if (stopping.signal.aborted) return;
        wanted = true;
        if (error instanceof Superseded) continue;
        logger.error({ problem: describeError(error) }, 'known images could not be matched again');
        await clock.sleep(options.retryMs, stopping.signal).catch(() => undefined);
      }
    }
  };

  return {
    wake: () => {
      wanted = true;
      if (stopping.signal.aborted) return;
      loop ??= run().finally(() => {
        loop = undefined;
      });
    },
    stop: async () => {
      stopping.abort();
      await loop;
    },
  };
}

async function rematch(options: RematcherOptions, signal: AbortSignal): Promise<void> {
  const { results, logger, clock, metrics } = options;
  const engines = await enginesReady(options);
  // Whoever sees them come back wakes this.
  if (engines.outcome !== 'ready') return;
  // What an interrupted pass found and did not tell: before another answer takes its place.
  await tellWorkloads(options, signal);
  const images = await findStaleImages(results, engines);
  if (images.length === 0) return;
  const startedAt = clock.now();
  const database = new Date(engines.database.built).toISOString();
  logger.info({ images: images.length, databaseBuilt: database }, 'known images are matched again');
  const counts = await runMatchingPass(options, engines, images, signal);
  const told = await tellWorkloads(options, signal);
  const seconds = (clock.now() - startedAt) / 1000;
  metrics.ended(seconds);
  logger.info({ images: images.length, ...counts, workloads: told, seconds }, 'known images were matched again');
}
