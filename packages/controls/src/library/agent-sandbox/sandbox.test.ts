import type { KubeObject } from '@kso/wire';
import { describe, expect, it } from 'vitest';
import { findingsOn, pathsOf } from '../../testing/judge.ts';
import { egressPolicy, hardenedRuntime, imageProvenance, resourceCeilings } from './sandbox.ts';

const sandbox = (spec: unknown): KubeObject => ({
  apiVersion: 'extensions.agents.x-k8s.io/v1beta1',
  kind: 'SandboxTemplate',
  metadata: { name: 's', namespace: 'agents' },
  spec,
});
const pods = (spec: object) => sandbox({ podTemplate: { spec } });
const runs = (container: object) => pods({ containers: [container] });

describe('C-0297 hardened runtime', () => {
  it('fails another runtime or none', () => {
    for (const object of [pods({}), pods({ runtimeClassName: 'runc' }), pods({ runtimeClassName: 7 }), sandbox(null)])
      expect(pathsOf(findingsOn(hardenedRuntime, object), 'fix')).toEqual(['spec.podTemplate.spec.runtimeClassName']);
  });

  it('passes one of the list', () => {
    expect(findingsOn(hardenedRuntime, pods({ runtimeClassName: 'gvisor' }))).toEqual([]);
  });
});

describe('C-0303 ceilings', () => {
  it('fails without a limit, and above the ceiling', () => {
    expect(findingsOn(resourceCeilings, runs({}))).toHaveLength(1);
    const scene = { inputs: { sandbox_cpu_limit_max: ['2'] } };
    expect(findingsOn(resourceCeilings, runs({ resources: { limits: { cpu: '2500m' } } }), scene)).toMatchObject([
      { wanted: 'at most 2' },
    ]);
    expect(findingsOn(resourceCeilings, runs({ resources: { limits: { cpu: 'much' } } }))).toHaveLength(1);
  });

  it('passes a limit below', () => {
    const scene = { inputs: { sandbox_cpu_limit_max: ['2'] } };
    expect(findingsOn(resourceCeilings, runs({ resources: { limits: { cpu: 2, memory: '1Gi' } } }), scene)).toEqual([]);
  });
});

describe('C-0304 images', () => {
  const [registries, tags] = imageProvenance.rules.map((rule) => ({ id: 'C-0304', rules: [rule] }));

  it('fails registries that are not allowed', () => {
    const scene = { inputs: { imageRepositoryAllowList: ['good.example'] } };
    expect(findingsOn(registries ?? imageProvenance, runs({ image: 'nginx' }), scene)).toHaveLength(1);
    expect(findingsOn(registries ?? imageProvenance, runs({ image: 'good.example/x' }), scene)).toEqual([]);
  });

  it('fails tags that move', () => {
    for (const image of ['nginx', 'good.example:5000/x', 'x:latest', '', 7])
      expect(findingsOn(tags ?? imageProvenance, runs({ image }))).toHaveLength(1);
    for (const image of ['nginx:1.2', `x@sha256:${'a'.repeat(64)}`])
      expect(findingsOn(tags ?? imageProvenance, runs({ image }))).toEqual([]);
  });
});

describe('C-0301 egress', () => {
  const policy = (networkPolicy: unknown, networkPolicyManagement: unknown = 'Managed') =>
    findingsOn(egressPolicy, sandbox({ networkPolicyManagement, networkPolicy })).length;
  const to = (...peers: unknown[]) => policy({ egress: [{ to: peers }] });

  it('fails what is not managed, or not there', () => {
    expect(policy({ egress: [] }, 'Unmanaged')).toBe(1);
    expect(policy(undefined)).toBe(1);
    expect(policy({ egress: 'none' })).toBe(1);
  });

  it('fails rules that let everything through', () => {
    expect(policy({ egress: [{}] })).toBe(1);
    expect(to({})).toBe(1);
    expect(to({ podSelector: {} })).toBe(1);
    expect(to({ ipBlock: { cidr: '0.0.0.0/0' } })).toBe(1);
    expect(to({ ipBlock: {} }, 7)).toBe(2);
  });

  it('passes peers that are named, and no egress at all', () => {
    expect(to({ podSelector: { matchLabels: { app: 'x' } } })).toBe(0);
    expect(to({ ipBlock: { cidr: '10.0.0.0/8' } })).toBe(0);
    expect(policy({ egress: [] })).toBe(0);
  });
});
