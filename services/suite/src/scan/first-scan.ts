import { randomUUID } from 'node:crypto';
import type { Clock } from '@kso/kit';
import type { JobFailure, JobQueue } from '@kso/queue';
import { imageScanKind, PostureScanResult, postureScanKind } from '@kso/wire';
import type { JobEvent } from '../jobs/observed-queue.ts';
import { untilAborted } from '../until-aborted.ts';

/** How the first scan of the configuration ended. */
export type PostureEnd =
  | { readonly ok: true; readonly result: PostureScanResult }
  | { readonly ok: false; readonly failure: JobFailure };

/** How far the scans of images are that belong to commands. */
export interface ImageProgress {
  readonly ended: number;
  readonly waiting: number;
  readonly running: number;
}

export interface FirstScan {
  /** The id under which the scan was asked for. */
  readonly jobId: string;
  /** Resolves when the configuration has been scanned once. */
  posture(signal?: AbortSignal): Promise<PostureEnd>;
  /** Resolves when no command waits for a scan any more. */
  images(signal?: AbortSignal): Promise<ImageProgress>;
  /** To be told of everything that the queue tells. */
  observe(event: JobEvent): void;
}

export interface FirstScanPorts {
  readonly queue: JobQueue;
  readonly clock: Clock;
  readonly onImages: (progress: ImageProgress) => void;
}

/** Commands without children end without an event; they are looked for this often. */
const lookEveryMs = 250;

export function createFirstScan({ queue, clock, onImages }: FirstScanPorts): FirstScan {
  const jobId = randomUUID();
  const posture = Promise.withResolvers<PostureEnd>();
  let ended = 0;
  let wake = Promise.withResolvers<void>();

  const imageProgress = async (): Promise<ImageProgress> => {
    const { waiting, delayed, active } = await queue.counts(imageScanKind);
    const progress = { ended, waiting: waiting + delayed, running: active };
    onImages(progress);
    return progress;
  };

  return {
    jobId,
    posture: (signal) => untilAborted(posture.promise, signal),
    images: async (signal) => {
      for (;;) {
        signal?.throwIfAborted();
        const open = await queue.listParents({ complete: false, limit: 1 });
        const progress = await imageProgress();
        if (open.length === 0 && progress.waiting + progress.running === 0) return progress;
        await Promise.race([wake.promise, clock.sleep(lookEveryMs, signal)]);
        wake = Promise.withResolvers<void>();
      }
    },
    observe: (event) => {
      wake.resolve();
      if (event.type !== 'ended') return;
      const { child, parentId } = event.end;
      if (child.kind === imageScanKind) ended += 1;
      if (child.kind !== postureScanKind || parentId !== jobId) return;
      const result = PostureScanResult.safeParse(child.result);
      const failure = child.failure ?? { code: 'UNKNOWN', message: `the scan ended as ${child.state}` };
      posture.resolve(
        child.state === 'succeeded' && result.success ? { ok: true, result: result.data } : { ok: false, failure },
      );
    },
  };
}
