import { parentPort } from 'node:worker_threads';
import type { ImageMatches } from '@kso/wire';
import { describe, type SummaryTask, summarize } from './read-outputs.ts';
import type { SbomFacts } from './sbom-facts.ts';

export type WorkerTask =
  | { readonly type: 'summarize'; readonly task: SummaryTask }
  | { readonly type: 'describe'; readonly jsonFile: string };

/** What goes back for each task. */
export type WorkerAnswer =
  | { readonly id: number; readonly result: ImageMatches | SbomFacts }
  | { readonly id: number; readonly problem: string };

function perform(task: WorkerTask): Promise<ImageMatches | SbomFacts> {
  return task.type === 'summarize' ? summarize(task.task) : describe(task.jsonFile);
}

parentPort?.on('message', ({ id, task }: { id: number; task: WorkerTask }) => {
  perform(task)
    .then((result): WorkerAnswer => ({ id, result }))
    .catch((error: unknown): WorkerAnswer => ({ id, problem: String(error).slice(0, 2000) }))
    .then((answer) => parentPort?.postMessage(answer, []))
    .catch(() => undefined);
});
