import { createInterner } from '@kso/kit';
import type { KubeObject } from '@kso/wire';
import type { PendingChanges } from './pending-changes.ts';
import { PodRecord } from './pod-record.ts';
import type { Revisions } from './revisions.ts';

/** The pods that are there (kollector.md 8). Those whose owner is not known yet are not reported yet. */
export interface Pods {
  present(pod: KubeObject): void;
  gone(pod: KubeObject): void;
  /** Their owner is known now. */
  resolved(keys: Iterable<string>): void;
  readonly size: number;
  reported(): Iterable<PodRecord>;
}

export function createPods(revisions: () => Revisions, pending: PendingChanges): Pods {
  const byKey = new Map<string, PodRecord>();
  const interner = createInterner();

  const isReported = (record: PodRecord) => record.revision.microservice !== undefined;

  const remove = (record: PodRecord, last: PodRecord) => {
    byKey.delete(record.key);
    if (isReported(record)) pending.note('pod', 'delete', record.key, last);
    revisions().leave(record.revision, record.key);
  };

  return {
    present: (pod) => {
      const key = keyOf(pod);
      let known = byKey.get(key);
      if (known !== undefined && known.uid !== (pod.metadata.uid ?? '')) {
        remove(known, known);
        known = undefined;
      }
      if (known === undefined) {
        const record = new PodRecord(pod, key, revisions().enter(pod, key), interner);
        byKey.set(key, record);
        if (isReported(record)) pending.note('pod', 'create', key, record);
        return;
      }
      // Its deletion reports it (kollector.md 6.3).
      if (pod.metadata.deletionTimestamp !== undefined) return;
      const record = new PodRecord(pod, known.key, known.revision, interner);
      if (record.saysTheSameAs(known)) return;
      byKey.set(known.key, record);
      if (isReported(record)) pending.note('pod', 'update', known.key, record);
    },
    gone: (pod) => {
      const known = byKey.get(keyOf(pod));
      if (known === undefined) return;
      // A deletion that a list has found carries nothing but names.
      const isWhole = pod['spec'] !== undefined;
      remove(known, isWhole ? new PodRecord(pod, known.key, known.revision, interner) : known);
    },
    resolved: (keys) => {
      for (const key of keys) {
        const record = byKey.get(key);
        if (record !== undefined) pending.note('pod', 'create', key, record);
      }
    },
    get size() {
      return byKey.size;
    },
    reported: () => byKey.values().filter(isReported),
  };
}

function keyOf({ metadata }: KubeObject): string {
  return `${metadata.namespace ?? ''}/${metadata.name}`;
}
