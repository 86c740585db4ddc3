import { setImmediate } from 'node:timers/promises';
import type { Logger } from '@kso/kit';
import type { ResultStore } from '@kso/store';
import { type ImageMatches, ImageScanRecord, imageMatchesKey, imageMatchesKind, imageScanRecordKind } from '@kso/wire';
import type { Recorder } from '../results/recorder.ts';
import type { ExceptionBook } from './book.ts';

export interface ReconsiderOptions {
  readonly results: ResultStore;
  readonly recorder: Recorder;
  readonly exceptions: () => ExceptionBook;
  readonly logger: Logger;
}

/** Brings what is known of workloads up to the exceptions of the present, in the background. */
export interface Reconsideration {
  /** The exceptions are others. A run that goes on is followed by another one. */
  wake(): void;
  stop(): Promise<void>;
}

const pageSize = 200;

/**
 * Looks at every result again: where an exception covers something else than before, the result is stored and reported anew. Nothing is
 * matched for that. A run that ends early (a restart) is made up for by the next scan of the workload.
 */
export function reconsiderWorkloads(options: ReconsiderOptions): Reconsideration {
  const stopping = new AbortController();
  let wanted = false;
  let loop: Promise<void> | undefined;
  const run = async (): Promise<void> => {
    while (wanted && !stopping.signal.aborted) {
      wanted = false;
      try {
        const { exceptions } = options.exceptions();
        const { workloads, covering } = await reconsiderAll(options, stopping.signal);
        options.logger.info({ workloads }, 'results were looked at again after a change of exceptions');
        // A typing error in a selector must not go unnoticed (known-bugs.md B14).
        for (const id of new Set(exceptions.map((exception) => exception.id))) {
          if (workloads > 0 && !covering.has(id)) options.logger.warn({ exception: id }, 'an exception covers nothing');
        }
      } catch (error) {
        options.logger.error({ err: error }, 'results could not be looked at again after a change of exceptions');
      }
    }
  };
  return {
    wake: () => {
      wanted = true;
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

interface Reconsidered {
  readonly workloads: number;
  /** Ids of exceptions that cover some finding. */
  readonly covering: ReadonlySet<string>;
}

async function reconsiderAll({ results, recorder }: ReconsiderOptions, signal: AbortSignal): Promise<Reconsidered> {
  const covering = new Set<string>();
  let workloads = 0;
  let after: string | undefined;
  while (!signal.aborted) {
    const page = results.list(imageScanRecordKind, { limit: pageSize, ...(after === undefined ? {} : { after }) });
    for (const { body } of page) {
      if (signal.aborted) break;
      const record = ImageScanRecord.safeParse(body).data;
      if (record?.state !== 'evaluated' || !(await recorder.prepare(record.job))) continue;
      const stored = results.get(imageMatchesKind, imageMatchesKey(record.digest, record.platform));
      // An answer that the record has not been told of yet is the matching pass's to tell.
      if (stored === undefined || stored.idempotencyKey !== record.answer) continue;
      // Written by the scan and the matching pass alone, so its shape is known.
      for (const id of recorder.reconsidered(record, stored.body as unknown as ImageMatches)) covering.add(id);
      workloads += 1;
      await setImmediate();
    }
    after = page.at(-1)?.key;
    if (page.length < pageSize || after === undefined) break;
  }
  return { workloads, covering };
}
