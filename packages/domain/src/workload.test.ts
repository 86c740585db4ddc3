import type { KubeObject } from '@kso/wire';
import { describe, expect, it, test } from 'vitest';
import { controllerOf } from './owner.ts';
import { containersOf, podSpecOf, podSpecProblem, podTemplateOf, workloadKinds } from './workload.ts';

const podSpec = { containers: [{ name: 'app', image: 'nginx' }] };
const template = { metadata: { labels: { app: 'x' } }, spec: podSpec };

function object(apiVersion: string, kind: string, fields: Record<string, unknown>): KubeObject {
  return { apiVersion, kind, metadata: { name: 'x' }, ...fields };
}

describe('pod template', () => {
  it.each([
    [object('v1', 'Pod', { spec: podSpec }), 'spec'],
    [object('apps/v1', 'Deployment', { spec: { template } }), 'spec.template.spec'],
    [object('apps/v1', 'StatefulSet', { spec: { template } }), 'spec.template.spec'],
    [object('batch/v1', 'Job', { spec: { template } }), 'spec.template.spec'],
    [object('v1', 'ReplicationController', { spec: { template } }), 'spec.template.spec'],
    [object('v1', 'PodTemplate', { template }), 'template.spec'],
    [
      object('batch/v1', 'CronJob', { spec: { jobTemplate: { spec: { template } } } }),
      'spec.jobTemplate.spec.template.spec',
    ],
  ])('of $kind', (workload, path) => {
    expect(podTemplateOf(workload)).toMatchObject({ spec: podSpec, path });
    expect(podSpecOf(workload)).toBe(podSpec);
  });

  it.each([
    object('v1', 'Service', { spec: { template } }),
    object('example.com/v1', 'Deployment', { spec: { template } }),
    object('v1', 'constructor', { spec: podSpec }),
    object('apps/v1', 'Deployment', { spec: { template: 'text' } }),
    object('v1', 'Pod', {}),
    object('v1', 'Pod', { spec: null }),
  ])('none of $apiVersion $kind', (other) => {
    expect(podTemplateOf(other)).toBeUndefined();
  });
});

describe('what keeps pods from being read', () => {
  const pod = (spec: unknown) => object('v1', 'Pod', { spec });
  it.each([
    [object('apps/v1', 'Deployment', { spec: {} }), 'has no pod template'],
    [object('apps/v1', 'Deployment', { spec: { template: 'x' } }), 'spec.template is no mapping'],
    [object('batch/v1', 'CronJob', { spec: { jobTemplate: [] } }), 'spec.jobTemplate is no mapping'],
    [object('batch/v1', 'Job', { spec: { template: {} } }), 'has no spec.template.spec'],
    [object('v1', 'Pod', {}), 'has no spec'],
    [pod(null), 'has no spec'],
    [pod({}), 'has no spec.containers'],
    [pod({ containers: { a: {} } }), 'spec.containers is no list'],
    [pod({ ...podSpec, initContainers: 'x' }), 'spec.initContainers is no list'],
    [pod({ containers: [{ name: 'app' }, 'x'] }), 'spec.containers[1] is no mapping'],
    [pod({ ...podSpec, volumes: {} }), 'spec.volumes is no list'],
    [pod({ ...podSpec, initContainers: null }), undefined],
    [object('apps/v1', 'Deployment', { spec: { template } }), undefined],
    [object('v1', 'ConfigMap', {}), undefined],
  ])('%j: %s', (workload, problem) => {
    expect(podSpecProblem(workload)).toBe(problem);
  });
});

test('the kinds that run pods, each in its present group', () => {
  expect(workloadKinds).toContainEqual({ group: '', kind: 'Pod' });
  expect(workloadKinds).toContainEqual({ group: 'apps', kind: 'Deployment' });
  expect(workloadKinds).toContainEqual({ group: 'batch', kind: 'CronJob' });
  expect(workloadKinds).toHaveLength(8);
});

test('containers of all three lists, whatever else stands in them', () => {
  const found = containersOf({
    containers: [{ name: 'a', image: 'one' }, null, { name: 7 }],
    initContainers: [{ name: 'i' }],
    ephemeralContainers: 'none',
  });
  expect(found.map(({ type, name, image, path }) => ({ type, name, image, path }))).toEqual([
    { type: 'initContainer', name: 'i', image: undefined, path: 'initContainers[0]' },
    { type: 'container', name: 'a', image: 'one', path: 'containers[0]' },
    { type: 'container', name: '', image: undefined, path: 'containers[2]' },
  ]);
});

test('the managing owner is the controller, else the first, never a Node', () => {
  const owner = (kind: string, controller?: boolean) => ({
    apiVersion: 'v1',
    kind,
    name: 'o',
    ...(controller === undefined ? {} : { controller }),
  });
  const owned = (...ownerReferences: ReturnType<typeof owner>[]) =>
    controllerOf({ metadata: { name: 'x', ownerReferences } });
  expect(owned(owner('A'), owner('B', true))?.kind).toBe('B');
  expect(owned(owner('A'), owner('B'))?.kind).toBe('A');
  expect(owned(owner('Node', true))).toBeUndefined();
  expect(controllerOf({ metadata: { name: 'x' } })).toBeUndefined();
  expect(controllerOf({ metadata: { name: 'x', ownerReferences: 'text' as never } })).toBeUndefined();
});
