import { Worker } from 'node:worker_threads';
import { describeError } from '@kso/kit';
import { fail } from '../errors.ts';
import type { ImageAnswer, PlanAnswer } from './shared-matches.ts';
import type { PassReply, PassResult, PassTask } from './worker.ts';

/** `SharedMatches` in a thread of its own. Every method: @throws SUMMARY_FAILED */
export interface PassThread {
  plan(sbomFiles: readonly string[]): Promise<PlanAnswer>;
  takeResult(run: number, resultFile: string): Promise<void>;
  answer(sbomFile: string): Promise<ImageAnswer | undefined>;
  close(): Promise<void>;
}

const workerFile = new URL(import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js', import.meta.url);

/** @param heapMiB of the thread; default 1024 */
export function startPassThread(directory: string, heapMiB = 1024): PassThread {
  const worker = new Worker(workerFile, {
    workerData: { directory },
    resourceLimits: { maxOldGenerationSizeMb: heapMiB },
  });
  const waiting = new Map<number, PromiseWithResolvers<PassResult>>();
  let lastId = 0;
  let ended: string | undefined;

  const failAll = (problem: string): void => {
    ended ??= problem;
    for (const { reject } of waiting.values()) reject(fail('SUMMARY_FAILED', { problem }));
    waiting.clear();
  };
  worker.on('message', (reply: PassReply) => {
    const task = waiting.get(reply.id);
    waiting.delete(reply.id);
    if ('problem' in reply) task?.reject(fail('SUMMARY_FAILED', { problem: reply.problem }));
    else task?.resolve(reply.result);
  });
  worker.on('error', (error) => failAll(describeError(error)));
  worker.on('exit', () => failAll('the thread ended'));

  const ask = (task: PassTask): Promise<PassResult> => {
    if (ended !== undefined) return Promise.reject(fail('SUMMARY_FAILED', { problem: ended }));
    lastId += 1;
    const answer = Promise.withResolvers<PassResult>();
    waiting.set(lastId, answer);
    worker.postMessage({ id: lastId, task } satisfies { id: number; task: PassTask }, []);
    return answer.promise;
  };

  return {
    // The thread answers each type of task with its own type of result.
    plan: (sbomFiles) => ask({ type: 'plan', sbomFiles }) as Promise<PlanAnswer>,
    takeResult: async (run, resultFile) => {
      await ask({ type: 'takeResult', run, resultFile });
    },
    answer: (sbomFile) => ask({ type: 'answer', sbomFile }) as Promise<ImageAnswer | undefined>,
    close: async () => {
      await worker.terminate();
    },
  };
}
