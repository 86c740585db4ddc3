import { hash } from 'node:crypto';
import type { Clock } from '@kso/kit';
import type { PolicyDocuments } from './policy-documents.ts';
import type { PolicyReader } from './policy-reader.ts';

/** Keeps the policy up to date: reads it at the start and from time to time, and tells when it has changed. */
export interface PolicyWatch {
  start(): void;
  /** Resolves when the policy was read once, well or badly. */
  first(): Promise<void>;
  stop(): Promise<void>;
}

export interface PolicyWatchOptions {
  readonly reader: PolicyReader;
  readonly clock: Clock;
  /** Between two readings, in ms. */
  readonly everyMs: number;
  onPolicy(documents: PolicyDocuments): void;
}

export function createPolicyWatch({ reader, clock, everyMs, onPolicy }: PolicyWatchOptions): PolicyWatch {
  const stopping = new AbortController();
  const first = Promise.withResolvers<void>();
  let running: Promise<void> | undefined;
  let known = '';
  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      const documents = await reader.read(stopping.signal);
      if (stopping.signal.aborted) break;
      const state = hash('sha256', JSON.stringify(documents));
      if (state !== known) onPolicy(documents);
      known = state;
      first.resolve();
      await clock.sleep(everyMs, stopping.signal).catch(() => undefined);
    }
    first.resolve();
  };
  return {
    start: () => {
      running ??= run();
    },
    first: () => first.promise,
    stop: async () => {
      stopping.abort();
      await running;
    },
  };
}
