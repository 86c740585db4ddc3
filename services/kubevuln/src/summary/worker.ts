import { parentPort } from 'node:worker_threads';
import type { ImageMatches } from '@kso/wire';
import type { PackageKey, RelevancyQuestion } from '../relevancy/relevant-packages.ts';
import { describe, readRelevant, type SummaryTask, summarize } from './read-outputs.ts';
import type { SbomFacts } from './sbom-facts.ts';

export type WorkerTask =
  | { readonly type: 'summarize'; readonly task: SummaryTask }
  | { readonly type: 'describe'; readonly jsonFile: string }
  | { readonly type: 'relevant'; readonly sbomFile: string; readonly question: RelevancyQuestion };

export type WorkerResult = ImageMatches | SbomFacts | readonly PackageKey[];

/** What goes back for each task. */
export type WorkerAnswer =
  | { readonly id: number; readonly result: WorkerResult }
  | { readonly id: number; readonly problem: string };

function perform(task: WorkerTask): Promise<WorkerResult> {
  switch (task.type) {
    case 'summarize':
      return summarize(task.task);
    case 'describe':
      return describe(task.jsonFile);
    case 'relevant':
      return readRelevant(task.sbomFile, task.question);
    default:
      return task satisfies never;
  }
}

parentPort?.on('message', ({ id, task }: { id: number; task: WorkerTask }) => {
  perform(task)
    .then((result): WorkerAnswer => ({ id, result }))
    .catch((error: unknown): WorkerAnswer => ({ id, problem: String(error).slice(0, 2000) }))
    .then((answer) => parentPort?.postMessage(answer, []))
    .catch(() => undefined);
});
