import type { GroupKind } from '@kso/wire';

/** Kinds with a pod template, by their form in a wlid. */
const kinds: Readonly<Record<string, GroupKind>> = {
  cronjob: { group: 'batch', kind: 'CronJob' },
  daemonset: { group: 'apps', kind: 'DaemonSet' },
  deployment: { group: 'apps', kind: 'Deployment' },
  job: { group: 'batch', kind: 'Job' },
  pod: { group: '', kind: 'Pod' },
  replicaset: { group: 'apps', kind: 'ReplicaSet' },
  replicationcontroller: { group: '', kind: 'ReplicationController' },
  statefulset: { group: 'apps', kind: 'StatefulSet' },
};

export function workloadKind(canonical: string): GroupKind | undefined {
  return Object.hasOwn(kinds, canonical) ? kinds[canonical] : undefined;
}
