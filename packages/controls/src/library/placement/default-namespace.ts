import type { Finding, GroupKind, KubeObject } from '@kso/wire';
import type { Control, ObjectRule } from '../../control.ts';
import { effectiveNamespace, kinds } from '../../objects/kinds.ts';
import { objectRule, workloadRule } from '../../rules.ts';

/** Workloads are not in the default namespace. */
const workloads = workloadRule({
  name: 'pods-in-default-namespace',
  check: ({ object }) => findingsOn(object),
});

export const workloadsInDefault: Control = { id: 'C-0061', rules: [workloads] };

/**
 * Nothing is in the default namespace. Leases are left out: they are heartbeats that change every few seconds, and watching them
 * would cost a cluster more than this finding is worth.
 */
export const objectsInDefault: Control = {
  id: 'C-0212',
  rules: [
    workloads,
    rule('rolebinding', kinds.roleBinding),
    rule('role', kinds.role),
    rule('configmap', kinds.configMap),
    rule('endpoints', kinds.endpoints),
    rule('persistentvolumeclaim', kinds.persistentVolumeClaim),
    rule('podtemplate', kinds.podTemplate),
    rule('replicationcontroller', kinds.replicationController),
    rule('service', kinds.service),
    rule('serviceaccount', kinds.serviceAccount),
    rule('endpointslice', kinds.endpointSlice),
    rule('horizontalpodautoscaler', kinds.horizontalPodAutoscaler),
    rule('csistoragecapacity', kinds.csiStorageCapacity),
    rule('ingress', kinds.ingress),
    rule('poddisruptionbudget', kinds.podDisruptionBudget),
    rule('resources-secret', kinds.secret),
  ],
};

function rule(prefix: string, kind: GroupKind): ObjectRule {
  return objectRule({ name: `${prefix}-in-default-namespace`, kinds: [kind], check: findingsOn });
}

function findingsOn(object: KubeObject): Finding[] {
  if (effectiveNamespace(object) !== 'default' || belongsToCluster(object)) return [];
  const { kind, metadata } = object;
  const path = 'metadata.namespace';
  return [
    {
      message: `${kind} "${metadata.name}" is in the namespace default.`,
      paths: [
        ...(metadata.namespace === undefined ? [] : ([{ type: 'failed', path }] as const)),
        { type: 'fix', path, value: 'YOUR_VALUE' },
      ],
      found: metadata.namespace === undefined ? 'no namespace' : 'namespace: default',
      wanted: 'a namespace of the application',
    },
  ];
}

/** What every cluster has there: the Service of the API server with its end points, the default account, the CA. */
function belongsToCluster({ kind, metadata }: KubeObject): boolean {
  if (kind === 'Service' || kind === 'Endpoints') return metadata.name === 'kubernetes';
  if (kind === 'EndpointSlice')
    return metadata.name === 'kubernetes' && metadata.labels?.['kubernetes.io/service-name'] === 'kubernetes';
  return (
    (kind === 'ServiceAccount' && metadata.name === 'default') ||
    (kind === 'ConfigMap' && metadata.name === 'kube-root-ca.crt')
  );
}
