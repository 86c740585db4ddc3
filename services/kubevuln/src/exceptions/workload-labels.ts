import { isDeepStrictEqual } from 'node:util';
import type { ImageSubject, Labels } from '@kso/domain';
import { describeError } from '@kso/kit';
import type { ClusterExceptions, LabelledWorkload } from './sources.ts';

/** The labels of those workloads that exceptions have asked about: read when first asked for, and again from time to time. */
export interface WorkloadLabels {
  /** As they were read last; undefined: not known. */
  of(subject: ImageSubject): Labels | undefined;
  /** Reads them where that was not done yet. */
  learn(subject: ImageSubject, signal: AbortSignal): Promise<void>;
  /** Reads those again whose last reading is the longest ago. True when some labels are others than before. */
  refresh(signal: AbortSignal): Promise<boolean>;
  /** Why some are not known, or are those of earlier. */
  readonly problem: string | undefined;
}

interface Entry {
  readonly workload: LabelledWorkload;
  readonly labels: Labels | undefined;
  readonly problem?: string;
}

/** In one refresh: the API server has other things to do than to say what it has said a minute ago. */
const maxRefreshed = 500;
const concurrency = 4;
const timeoutMs = 10_000;

export function createWorkloadLabels(cluster: Pick<ClusterExceptions, 'workloadLabels'>): WorkloadLabels {
  /** Those that were read the longest ago come first. */
  const entries = new Map<string, Entry>();

  const read = async (workload: LabelledWorkload, signal: AbortSignal): Promise<Entry> => {
    try {
      const limited = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
      return { workload, labels: await cluster.workloadLabels(workload, limited) };
    } catch (error) {
      // A workload has not lost its labels because nobody can be asked.
      return { workload, labels: entries.get(keyOf(workload))?.labels, problem: describeError(error) };
    }
  };
  const put = (entry: Entry): void => {
    const key = keyOf(entry.workload);
    entries.delete(key);
    entries.set(key, entry);
  };

  return {
    of: (subject) => entries.get(keyOf(subject))?.labels,
    learn: async ({ namespace, kind, name }, signal) => {
      const workload = { namespace, kind, name };
      if (!entries.has(keyOf(workload))) put(await read(workload, signal));
    },
    refresh: async (signal) => {
      const due = [...entries.values()].slice(0, maxRefreshed).values();
      let isChanged = false;
      const work = async (): Promise<void> => {
        for (const before of due) {
          if (signal.aborted) return;
          const now = await read(before.workload, signal);
          if (now.labels !== undefined && !isDeepStrictEqual(before.labels, now.labels)) isChanged = true;
          // One that is gone is not asked for again, unless somebody else does.
          if (now.labels === undefined && now.problem === undefined) entries.delete(keyOf(now.workload));
          else put(now);
        }
      };
      await Promise.all(Array.from({ length: concurrency }, work));
      return isChanged;
    },
    get problem() {
      for (const { problem, workload } of entries.values()) {
        if (problem !== undefined) return `labels of ${keyOf(workload)}: ${problem}`;
      }
      return undefined;
    },
  };
}

function keyOf({ namespace, kind, name }: LabelledWorkload): string {
  return `${namespace}/${kind}/${name}`;
}
