import { deployment, service } from '@kso/testkit';
import type { KubeObject } from '@kso/wire';
import { describe, expect, it } from 'vitest';
import { findingsOn, pathsOf } from '../../testing/judge.ts';
import { objectsInDefault, workloadsInDefault } from './default-namespace.ts';

const object = (apiVersion: string, kind: string, name: string, namespace?: string): KubeObject => ({
  apiVersion,
  kind,
  metadata: { name, ...(namespace === undefined ? {} : { namespace }) },
});

describe.each([workloadsInDefault, objectsInDefault])('$id workloads', (control) => {
  it('fails those in the default namespace', () => {
    expect(pathsOf(findingsOn(control, deployment({ namespace: 'default' })), 'fix')).toEqual(['metadata.namespace']);
    const { namespace: _none, ...metadata } = deployment().metadata;
    expect(findingsOn(control, { ...deployment(), metadata })).toHaveLength(1);
  });

  it('passes those elsewhere', () => {
    expect(findingsOn(control, deployment({ namespace: 'shop' }))).toEqual([]);
  });
});

describe('C-0212 the default namespace', () => {
  it.each([
    ['v1', 'ConfigMap'],
    ['v1', 'Secret'],
    ['v1', 'PersistentVolumeClaim'],
    ['v1', 'ReplicationController'],
    ['v1', 'PodTemplate'],
    ['rbac.authorization.k8s.io/v1', 'Role'],
    ['rbac.authorization.k8s.io/v1', 'RoleBinding'],
    ['autoscaling/v2', 'HorizontalPodAutoscaler'],
    ['networking.k8s.io/v1', 'Ingress'],
    ['policy/v1', 'PodDisruptionBudget'],
    ['storage.k8s.io/v1', 'CSIStorageCapacity'],
  ])('is not for %s %s', (apiVersion, kind) => {
    expect(findingsOn(objectsInDefault, object(apiVersion, kind, 'x', 'default'))).toHaveLength(1);
    expect(findingsOn(objectsInDefault, object(apiVersion, kind, 'x'))).toHaveLength(1);
    expect(findingsOn(objectsInDefault, object(apiVersion, kind, 'x', 'shop'))).toEqual([]);
  });

  it('has what every cluster has there', () => {
    expect(findingsOn(objectsInDefault, service({ name: 'kubernetes', namespace: 'default' }))).toEqual([]);
    expect(findingsOn(objectsInDefault, object('v1', 'Endpoints', 'kubernetes', 'default'))).toEqual([]);
    expect(findingsOn(objectsInDefault, object('v1', 'ServiceAccount', 'default', 'default'))).toEqual([]);
    expect(findingsOn(objectsInDefault, object('v1', 'ConfigMap', 'kube-root-ca.crt', 'default'))).toEqual([]);
  });
});
