import { controls } from '@kso/controls';
import { deployment, pod, service } from '@kso/testkit';
import type { KubeObject } from '@kso/wire';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { allResults, engineOf } from './testing/engine.ts';

const names = ['a', 'b'];
const namespaces = ['shop', 'bank'];
const rbac = 'rbac.authorization.k8s.io/v1';

/** Kinds that depend on each other, few enough at a time that random objects meet. */
const themes = {
  rights: ['Deployment', 'ServiceAccount', 'Role', 'ClusterRole', 'RoleBinding'],
  network: ['Deployment', 'Pod', 'Service', 'NetworkPolicy', 'Ingress', 'Secret'],
  exceptions: ['Deployment', 'Namespace', 'SecurityException', 'ClusterSecurityException'],
  images: ['Deployment', 'Pod', 'Service', 'ImageVulnerabilities'],
  dangling: ['Deployment', 'Service', 'NetworkPolicy', 'ReplicationController', 'PersistentVolumeClaim'],
};

function objectsOf(kinds: readonly string[]): fc.Arbitrary<KubeObject> {
  const choice = fc.record({
    kind: fc.constantFrom(...kinds),
    name: fc.constantFrom(...names),
    namespace: fc.constantFrom(...namespaces),
    other: fc.constantFrom(...names),
    flag: fc.boolean(),
  });
  return choice.map((chosen) => (exceptional.has(chosen.kind) ? makeExceptional(chosen) : make(chosen)));
}

interface Choice {
  readonly kind: string;
  readonly name: string;
  readonly namespace: string;
  readonly other: string;
  readonly flag: boolean;
}

function make({ kind, name, namespace, other, flag }: Choice): KubeObject {
  const metadata = { name, namespace };
  const labels = { app: other };
  const volumes = [{ name: 'v', secret: { secretName: other } }];
  const options = {
    name,
    namespace,
    labels,
    spec: { serviceAccountName: other, volumes },
    container: { volumeMounts: [{ name: 'v' }] },
  };
  switch (kind) {
    case 'Deployment':
      return deployment(options);
    case 'Pod':
      return pod(flag ? { ...options, labels: { ...labels, 'pod-template-hash': 'x' } } : options);
    case 'Service':
      return service({ name, namespace, labels, type: flag ? 'NodePort' : 'ClusterIP' });
    case 'ReplicationController':
      return { apiVersion: 'v1', kind, metadata, spec: { template: { metadata: { labels }, spec: {} } } };
    case 'ServiceAccount':
      return { apiVersion: 'v1', kind, metadata, automountServiceAccountToken: flag };
    case 'NetworkPolicy':
      return {
        apiVersion: 'networking.k8s.io/v1',
        kind,
        metadata,
        spec: { podSelector: flag ? {} : { matchLabels: labels } },
      };
    case 'Ingress':
      return {
        apiVersion: 'networking.k8s.io/v1',
        kind,
        metadata,
        spec: { defaultBackend: { service: { name: other } } },
      };
    case 'ImageVulnerabilities':
      return makeScan({ kind, name, namespace, other, flag });
    case 'Role':
    case 'ClusterRole':
    case 'RoleBinding':
      return makeRbac({ kind, name, namespace, other, flag });
    default:
      return { apiVersion: 'v1', kind, metadata };
  }
}

function makeScan({ kind, name, flag }: Choice): KubeObject {
  const image = name === 'a' ? 'registry.example.com/app:1.0.0' : 'registry.example.com/other:1.0.0';
  const data = Array.from({ length: flag ? 6 : 1 }, () => ({ severity: 'Critical' }));
  return { apiVersion: 'image.vulnscan.com/v1', kind, metadata: { name: image }, data };
}

function makeRbac({ kind, name, namespace, other, flag }: Choice): KubeObject {
  if (kind === 'RoleBinding') {
    const roleRef = { kind: flag ? 'Role' : 'ClusterRole', name: other };
    const subjects = names.map((subject) => ({ kind: 'ServiceAccount', name: subject, namespace }));
    return { apiVersion: rbac, kind, metadata: { name, namespace }, roleRef, subjects };
  }
  if (kind === 'ClusterRole' && flag) {
    const aggregationRule = { clusterRoleSelectors: [{ matchLabels: { app: other } }] };
    return { apiVersion: rbac, kind, metadata: { name, labels: { app: name } }, aggregationRule, rules: [] };
  }
  const rules = [{ apiGroups: [''], resources: ['secrets'], verbs: flag ? ['get'] : ['delete'] }];
  return {
    apiVersion: rbac,
    kind,
    metadata: kind === 'Role' ? { name, namespace } : { name, labels: { app: other } },
    rules,
  };
}

const exceptional = new Set(['Namespace', 'SecurityException', 'ClusterSecurityException']);

function makeExceptional({ kind, name, namespace, other, flag }: Choice): KubeObject {
  const match = flag
    ? { resources: [{ kind: 'Deployment', name: other }] }
    : { objectSelector: { matchLabels: { app: other } } };
  const selector = { namespaceSelector: { matchLabels: { team: other } } };
  const isCluster = kind === 'ClusterSecurityException';
  return {
    apiVersion: 'kubescape.io/v1beta1',
    kind,
    metadata: isCluster ? { name } : { name, namespace },
    spec: {
      match: isCluster ? selector : match,
      posture: [{ controlID: flag ? 'C-0016' : 'C-0013', action: 'ignore' }],
    },
  };
}

const keyOf = ({ kind, metadata }: KubeObject): string => `${kind}/${metadata.namespace ?? ''}/${metadata.name}`;

it.each(Object.entries(themes))(
  '%s: any history of changes ends with the results of a full evaluation of what is there at the end',
  (_theme, kinds) => {
    const step = fc.record({ object: objectsOf(kinds), isDeleted: fc.boolean(), evaluates: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { minLength: 10, maxLength: 40, size: 'max' }), (steps) => {
        const present = new Map<string, KubeObject>();
        const told = new Map<string, unknown>();
        const engine = engineOf([], { controls });
        const takeOver = (): void => {
          const { changed, removed } = engine.evaluate();
          for (const id of removed) told.delete(id);
          for (const result of changed) told.set(result.resourceId, result);
        };
        for (const { object: next, isDeleted, evaluates } of steps) {
          engine.apply({ type: isDeleted ? 'deleted' : present.has(keyOf(next)) ? 'modified' : 'added', object: next });
          if (isDeleted) present.delete(keyOf(next));
          else present.set(keyOf(next), next);
          if (evaluates) takeOver();
        }
        takeOver();
        const full = allResults(engineOf([...present.values()], { controls }));
        expect(allResults(engine)).toEqual(full);
        // Who only listened to the changes knows the same.
        expect(Object.fromEntries(told)).toEqual(full);
      }),
      { numRuns: 40 },
    );
  },
);
