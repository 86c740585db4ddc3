import { planFileFix, type RefusedFix, replaceFile } from '@kso/manifests';
import { type CliHost, userFolder } from '../host.ts';
import type { FixTask } from './collect.ts';
import { unifiedDiff } from './unified-diff.ts';

/** What became of the fixes of one file. */
export interface FileOutcome {
  /** As people know it. */
  readonly name: string;
  readonly applied: readonly FixTask[];
  readonly refused: readonly RefusedFix<FixTask>[];
  /** Empty if nothing changes. */
  readonly diff: string;
  /** Why the file could not be read or written; nothing was applied then. */
  readonly problem?: string;
}

/** Fixes files one after the other, each all at once or not at all. */
export async function fixFiles(
  tasks: readonly FixTask[],
  { dryRun, host }: { readonly dryRun: boolean; readonly host: CliHost },
): Promise<FileOutcome[]> {
  const outcomes: FileOutcome[] = [];
  for (const [file, fixes] of Map.groupBy(tasks, (task) => task.file)) {
    host.signal.throwIfAborted();
    const folder = `${userFolder(host)}/`;
    const name = file.startsWith(folder) ? file.slice(folder.length) : file.replace(/^\/+/, '');
    const planned = await planFileFix(file, fixes);
    if (planned.outcome === 'refused') {
      outcomes.push({ name, applied: [], refused: [], diff: '', problem: planned.reason });
      continue;
    }
    const { before, text, applied, refused } = planned;
    const diff = unifiedDiff(name, before, text);
    const written = dryRun || text === before ? { ok: true as const } : await replaceFile(file, before, text);
    outcomes.push(
      written.ok ? { name, applied, refused, diff } : { name, applied: [], refused, diff, problem: written.reason },
    );
  }
  return outcomes;
}
