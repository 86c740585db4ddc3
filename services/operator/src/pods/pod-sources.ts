import { isWorkload, type ObjectSource } from '@kso/domain';
import type { PodReader } from '@kso/kube';
import type { GroupKind, KubeObject } from '@kso/wire';
import { fail } from '../errors.ts';
import type { PodFilter, PodSource } from '../ports.ts';

/** The pods of a cluster. */
export function clusterPods(reader: PodReader): PodSource {
  return {
    type: 'cluster',
    list: ({ namespace, labels, fields }) => reader.listPods(namespace, { labels, fields }),
    topOwner: (object) => reader.topOwner(object),
  };
}

const workloadKinds: readonly GroupKind[] = [
  { group: '', kind: 'Pod' },
  { group: '', kind: 'ReplicationController' },
  { group: 'apps', kind: 'Deployment' },
  { group: 'apps', kind: 'ReplicaSet' },
  { group: 'apps', kind: 'StatefulSet' },
  { group: 'apps', kind: 'DaemonSet' },
  { group: 'batch', kind: 'Job' },
  { group: 'batch', kind: 'CronJob' },
];

/** The workloads of a folder of manifests, read anew for each command. Field selectors select nothing away: manifests have no status. */
export function manifestPods(source: ObjectSource): PodSource {
  return {
    type: 'manifests',
    async *list(filter) {
      const { objects, problems } = await readOnce(source);
      yield* objects.filter((object) => matches(object, filter));
      if (problems.length > 0) throw fail('FAN_OUT_FAILED', { problem: problems.join('; ').slice(0, 1024) });
    },
    topOwner: (object) => {
      const { apiVersion, kind, metadata } = object;
      return Promise.resolve({ apiVersion, kind, name: metadata.name });
    },
  };
}

async function readOnce(source: ObjectSource): Promise<{ objects: KubeObject[]; problems: string[] }> {
  const objects: KubeObject[] = [];
  const problems: string[] = [];
  const stop = new AbortController();
  try {
    await source.watch(
      workloadKinds,
      (event) => {
        if (event.type === 'added' && isWorkload(event.object)) objects.push(event.object);
        if (event.type === 'unreadable') problems.push(`${event.file}: ${event.detail}`);
        if (event.type === 'failed') problems.push(`${event.kind.kind}: ${event.detail}`);
      },
      stop.signal,
    );
  } finally {
    stop.abort();
  }
  return { objects, problems };
}

function matches({ metadata }: KubeObject, { namespace, labels = {} }: PodFilter): boolean {
  if (namespace !== undefined && (metadata.namespace ?? 'default') !== namespace) return false;
  return Object.entries(labels).every(([key, value]) => metadata.labels?.[key] === value);
}
