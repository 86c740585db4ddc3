import { deployment, type KubeObject, namespace } from '@kso/testkit';

export const deploymentsPerNamespace = 50;
/** One in so many Deployments is privileged. */
export const privilegedEvery = 20;

/** The parts of a large cluster in the order in which they can be created: 50 Deployments a namespace, each with its ReplicaSet and a pod. */
export interface LargeCluster {
  readonly namespaces: readonly KubeObject[];
  readonly workloads: Iterable<KubeObject>;
  readonly bindings: readonly KubeObject[];
  readonly objects: number;
  readonly privileged: number;
}

export function largeCluster(namespaces: number, bindings: number): LargeCluster {
  const names = Array.from({ length: namespaces }, (_, index) => `team-${index}`);
  return {
    namespaces: names.map((name) => namespace(name)),
    workloads: workloadsOf(names),
    bindings: Array.from({ length: bindings }, (_, index) => binding(index, names[index % names.length] ?? '')),
    objects: namespaces * (1 + 3 * deploymentsPerNamespace) + bindings,
    privileged: namespaces * Math.ceil(deploymentsPerNamespace / privilegedEvery),
  };
}

/** A Deployment of the cluster as it was created, but with or without `privileged`. */
export function workloadAt(within: string, index: number, isPrivileged = index % privilegedEvery === 0): KubeObject {
  const name = `web-${index}`;
  const container = {
    resources: { limits: { memory: '256Mi', cpu: '500m' } },
    securityContext: { privileged: isPrivileged, runAsNonRoot: index % 2 === 0 },
    env: [{ name: 'LOG_LEVEL', value: 'info' }],
  };
  return deployment({ name, namespace: within, labels: { app: name }, container });
}

function* workloadsOf(names: readonly string[]): Generator<KubeObject, void, undefined> {
  for (const name of names)
    for (let index = 0; index < deploymentsPerNamespace; index += 1) {
      const owner = workloadAt(name, index);
      const { template } = owner['spec'] as { template: { metadata: object; spec: object } };
      const { labels } = owner.metadata;
      const replicaSet = `${owner.metadata.name}-0`;
      yield owner;
      yield {
        apiVersion: 'apps/v1',
        kind: 'ReplicaSet',
        metadata: { name: replicaSet, namespace: name, labels, ...ownedBy('Deployment', owner.metadata.name) },
        spec: { replicas: 1, selector: { matchLabels: labels }, template },
      } as KubeObject;
      yield {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: `${replicaSet}-0`, namespace: name, labels, ...ownedBy('ReplicaSet', replicaSet) },
        spec: template.spec,
      } as KubeObject;
    }
}

/** The server asks for a uid and checks no further. */
function ownedBy(kind: string, name: string): object {
  const uid = '00000000-0000-4000-8000-000000000000';
  return { ownerReferences: [{ apiVersion: 'apps/v1', kind, name, uid, controller: true }] };
}

function binding(index: number, within: string): KubeObject {
  return {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: { name: `bench-${index}` },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: index % 10 === 0 ? 'edit' : 'view' },
    subjects: [{ kind: 'ServiceAccount', name: 'default', namespace: within }],
  };
}
