import { parentPort, workerData } from 'node:worker_threads';
import { createSharedMatches, type ImageAnswer, type PlanAnswer } from './shared-matches.ts';

export type PassTask =
  | { readonly type: 'plan'; readonly sbomFiles: readonly string[] }
  | { readonly type: 'takeResult'; readonly run: number; readonly resultFile: string }
  | { readonly type: 'answer'; readonly sbomFile: string };

export type PassResult = PlanAnswer | ImageAnswer | undefined;

export type PassReply =
  | { readonly id: number; readonly result: PassResult }
  | { readonly id: number; readonly problem: string };

const { directory } = workerData as { directory: string };
const matches = createSharedMatches(directory);

async function perform(task: PassTask): Promise<PassResult> {
  switch (task.type) {
    case 'plan':
      return matches.plan(task.sbomFiles);
    case 'takeResult':
      await matches.takeResult(task.run, task.resultFile);
      return undefined;
    default:
      return matches.answer(task.sbomFile);
  }
}

parentPort?.on('message', ({ id, task }: { id: number; task: PassTask }) => {
  perform(task)
    .then((result): PassReply => ({ id, result }))
    .catch((error: unknown): PassReply => ({ id, problem: String(error).slice(0, 2000) }))
    .then((reply) => parentPort?.postMessage(reply, []))
    .catch(() => undefined);
});
