import { Worker } from 'node:worker_threads';
import { describeError } from '@kso/kit';
import type { ImageMatches } from '@kso/wire';
import { fail } from '../errors.ts';
import type { PackageKey, RelevancyQuestion } from '../relevancy/relevant-packages.ts';
import type { SummaryTask } from './read-outputs.ts';
import type { SbomFacts } from './sbom-facts.ts';
import type { WorkerAnswer, WorkerResult, WorkerTask } from './worker.ts';

/** Reads the engines' outputs without holding up the process that answers probes and requests. */
export interface Summarizer {
  /** @throws SUMMARY_FAILED */
  summarize(task: SummaryTask): Promise<ImageMatches>;
  /** @throws SUMMARY_FAILED */
  describe(jsonFile: string): Promise<SbomFacts>;
  /** Which packages of a kept SBOM are used. @throws SUMMARY_FAILED */
  relevant(sbomFile: string, question: RelevancyQuestion): Promise<readonly PackageKey[]>;
  close(): Promise<void>;
}

export interface SummarizerOptions {
  /** Heap of the thread in MiB: a monstrous image ends the thread and not the service. Default 1024. */
  readonly heapMiB?: number;
  /** The thread ends after so long without work. Default 1 min. */
  readonly idleMs?: number;
}

interface Waiting {
  readonly resolve: (result: WorkerResult) => void;
  readonly reject: (error: Error) => void;
}

const stops = 'the service stops';
const workerFile = new URL(import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js', import.meta.url);

/** A `Summarizer` in a worker thread that is started when there is work. */
export function createSummarizer({ heapMiB = 1024, idleMs = 60_000 }: SummarizerOptions = {}): Summarizer {
  const waiting = new Map<number, Waiting>();
  let worker: Worker | undefined;
  let idle: NodeJS.Timeout | undefined;
  let lastId = 0;
  let closed = false;

  const failAll = (problem: string): void => {
    worker = undefined;
    for (const { reject } of waiting.values()) reject(fail('SUMMARY_FAILED', { problem }));
    waiting.clear();
  };

  const answered = (answer: WorkerAnswer): void => {
    const task = waiting.get(answer.id);
    waiting.delete(answer.id);
    if ('result' in answer) task?.resolve(answer.result);
    else task?.reject(fail('SUMMARY_FAILED', { problem: answer.problem }));
    if (waiting.size === 0) idle = setTimeout(() => void end(), idleMs).unref();
  };

  const start = (): Worker => {
    const started = new Worker(workerFile, { resourceLimits: { maxOldGenerationSizeMb: heapMiB } });
    started.on('message', answered);
    started.on('error', (error) => {
      if (worker === started) failAll(describeError(error));
    });
    started.on('exit', () => {
      if (worker === started) failAll('the thread ended');
    });
    return started;
  };

  const end = async (): Promise<void> => {
    clearTimeout(idle);
    const ending = worker;
    worker = undefined;
    await ending?.terminate();
  };

  let last: Promise<unknown> = Promise.resolve();
  /** One after the other: the thread that a monstrous image ends takes no other image along, and its heap is for one. */
  const perform = (task: WorkerTask): Promise<WorkerResult> => {
    const next = last.then(() => (closed ? Promise.reject(fail('SUMMARY_FAILED', { problem: stops })) : ask(task)));
    last = next.catch(() => undefined);
    return next;
  };

  const ask = (task: WorkerTask): Promise<WorkerResult> => {
    clearTimeout(idle);
    worker ??= start();
    lastId += 1;
    const id = lastId;
    const { promise, resolve, reject } = Promise.withResolvers<WorkerResult>();
    waiting.set(id, { resolve, reject });
    worker.postMessage({ id, task } satisfies { id: number; task: WorkerTask }, []);
    return promise;
  };

  return {
    // The thread answers each type of task with its own type of result.
    summarize: (task) => perform({ type: 'summarize', task }) as Promise<ImageMatches>,
    describe: (jsonFile) => perform({ type: 'describe', jsonFile }) as Promise<SbomFacts>,
    relevant: (sbomFile, question) =>
      perform({ type: 'relevant', sbomFile, question }) as Promise<readonly PackageKey[]>,
    close: async () => {
      closed = true;
      await end();
      failAll(stops);
    },
  };
}
