import {
  cronJob,
  daemonSet,
  deployment,
  type KubeObject,
  namespace,
  pod,
  type Random,
  seededRandom,
  service,
  statefulSet,
  type WorkloadOptions,
} from '@kso/testkit';
import { randomPodSpec } from './pods.ts';

/** How many of each kind a namespace has: 50 objects in all, the namespace included. */
const mix = {
  Deployment: 18,
  StatefulSet: 2,
  DaemonSet: 2,
  CronJob: 3,
  Pod: 4,
  Service: 6,
  ServiceAccount: 3,
  ConfigMap: 3,
  Role: 1,
  RoleBinding: 2,
  ClusterRole: 1,
  NetworkPolicy: 2,
  Ingress: 2,
} as const;

type Kind = keyof typeof mix;
export const objectsPerNamespace = 50;

/** The objects of the namespaces 0 to `count / 50`: a larger count begins with the objects of a smaller one. */
export function generateObjects(count: number): KubeObject[] {
  return Array.from({ length: Math.ceil(count / objectsPerNamespace) }, (_, index) => generateNamespace(index)).flat();
}

/** 50 objects that are the same for the same number, whatever else is generated. */
export function generateNamespace(number: number): KubeObject[] {
  const random = seededRandom(number * 7919 + 1);
  const name = `team-${String(number).padStart(4, '0')}`;
  const enforce = random.pick(['privileged', 'baseline', 'restricted']);
  const labels = random.chance(0.5) ? { 'pod-security.kubernetes.io/enforce': enforce } : {};
  const kinds = Object.entries(mix) as [Kind, number][];
  const objects = kinds.flatMap(([kind, count]) =>
    Array.from({ length: count }, (_, index) => makers[kind]({ namespace: name, index, random })),
  );
  return [namespace(name, labels), ...objects];
}

interface Place {
  readonly namespace: string;
  readonly index: number;
  readonly random: Random;
}

const accounts = ['account-0', 'account-1', 'account-2'] as const;
const rbacApi = 'rbac.authorization.k8s.io';

const makers: Readonly<Record<Kind, (place: Place) => KubeObject>> = {
  Deployment: (place) => deployment({ ...workload('web', place), replicas: place.random.between(1, 3) }),
  StatefulSet: (place) => statefulSet(workload('store', place)),
  DaemonSet: (place) => daemonSet(workload('agent', place)),
  CronJob: (place) => cronJob({ ...workload('report', place), schedule: `${place.random.between(0, 59)} 3 * * *` }),
  Pod: (place) => pod(workload('tool', place)),
  Service: ({ namespace, index, random }) =>
    service({
      name: `service-${index}`,
      namespace,
      labels: { app: `web-${random.between(0, 20)}` },
      type: random.pick(['ClusterIP', 'ClusterIP', 'NodePort', 'LoadBalancer']),
    }),
  ServiceAccount: (place) =>
    object(
      'v1',
      'ServiceAccount',
      'account',
      place,
      place.random.chance(0.5) ? { automountServiceAccountToken: false } : {},
    ),
  ConfigMap: (place) =>
    object('v1', 'ConfigMap', 'settings', place, {
      data: {
        'app.conf': Array.from({ length: 20 }, (_, line) => `setting.${line} = ${place.random.between(0, 999)}\n`).join(
          '',
        ),
        ...(place.random.chance(0.25) ? { password: `example-${place.random.between(0, 999)}` } : {}),
      },
    }),
  Role: (place) => object(`${rbacApi}/v1`, 'Role', 'role', place, { rules: [rule(place.random), rule(place.random)] }),
  RoleBinding: (place) =>
    object(`${rbacApi}/v1`, 'RoleBinding', 'binding', place, {
      roleRef: { apiGroup: rbacApi, ...bound(place) },
      subjects: [{ kind: 'ServiceAccount', name: place.random.pick(accounts), namespace: place.namespace }],
    }),
  ClusterRole: ({ namespace, random }) => ({
    apiVersion: `${rbacApi}/v1`,
    kind: 'ClusterRole',
    metadata: { name: `${namespace}-reader` },
    rules: [rule(random)],
  }),
  NetworkPolicy: (place) =>
    object('networking.k8s.io/v1', 'NetworkPolicy', 'policy', place, {
      spec: {
        podSelector: place.random.chance(0.5) ? {} : { matchLabels: { app: `web-${place.random.between(0, 17)}` } },
        policyTypes: place.random.pick([['Ingress'], ['Egress'], ['Ingress', 'Egress']]),
      },
    }),
  Ingress: (place) => {
    const host = `shop-${place.index}.${place.namespace}.example.com`;
    const backend = { service: { name: `service-${place.index}`, port: { number: 80 } } };
    return object('networking.k8s.io/v1', 'Ingress', 'ingress', place, {
      spec: {
        rules: [{ host, http: { paths: [{ path: '/', pathType: 'Prefix', backend }] } }],
        ...(place.random.chance(0.5) ? { tls: [{ hosts: [host], secretName: 'certificate' }] } : {}),
      },
    });
  },
};

function workload(prefix: string, { namespace, index, random }: Place): WorkloadOptions {
  const name = `${prefix}-${index}`;
  const recommended = { 'app.kubernetes.io/name': name, 'app.kubernetes.io/part-of': namespace };
  const labels = { app: name, ...(random.chance(0.5) ? recommended : {}) };
  return { name, namespace, labels, spec: randomPodSpec(random, accounts) };
}

function object(
  apiVersion: string,
  kind: string,
  prefix: string,
  { namespace, index }: Place,
  fields: object,
): KubeObject {
  return { apiVersion, kind, metadata: { name: `${prefix}-${index}`, namespace }, ...fields };
}

function rule(random: Random): object {
  return {
    apiGroups: [random.pick(['', 'apps', 'batch', '*'])],
    resources: [random.pick(['pods', 'secrets', 'configmaps', 'deployments', 'pods/exec', '*'])],
    verbs: random.pick([['get'], ['get', 'list', 'watch'], ['create', 'delete'], ['*']]),
  };
}

function bound({ namespace, random }: Place): { kind: string; name: string } {
  return random.pick([
    { kind: 'Role', name: 'role-0' },
    { kind: 'ClusterRole', name: `${namespace}-reader` },
    { kind: 'ClusterRole', name: random.pick(['view', 'edit', 'cluster-admin']) },
  ]);
}
