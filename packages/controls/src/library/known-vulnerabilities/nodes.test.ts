import type { KubeObject } from '@kso/wire';
import { describe, expect, it } from 'vitest';
import { findingsOn, verdictOn } from '../../testing/judge.ts';
import { containerdEscape, containerOptimizedOs, fargateInUse, supportedRelease } from './nodes.ts';

const node = (nodeInfo: unknown, name = 'n'): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name },
  status: { nodeInfo },
});

describe.each([
  [
    containerdEscape,
    'containerRuntimeVersion',
    ['containerd://1.3.9', 'containerd://1.4.12', 'containerd://1.5.9', 'containerd://1.6.0'],
    ['containerd://1.4.13', 'containerd://1.5.10', 'containerd://1.6.1', 'containerd://2.1.0', 'cri-o://1.20.0'],
    ['containerd://main', 7],
  ],
  [
    supportedRelease,
    'kubeletVersion',
    ['v1.21.4-gke.1', 'v1.33.9'],
    ['v1.34.0', 'v1.36.2', 'v1.40.0'],
    ['unknown', null],
  ],
  [containerOptimizedOs, 'osImage', ['Amazon Linux 2'], ['Bottlerocket OS 1.20.0'], ['', undefined]],
] as const)('$id', (control, field, fails, passes, unknown) => {
  it.each(fails)('fails %s', (text) => {
    expect(findingsOn(control, node({ [field]: text }))).toMatchObject([{ found: text }]);
  });

  it.each(passes)('passes %s', (text) => {
    expect(findingsOn(control, node({ [field]: text }))).toEqual([]);
  });

  it.each([...unknown])('does not evaluate %s', (text) => {
    expect(verdictOn(control, node({ [field]: text }))).toMatchObject({
      status: 'notEvaluated',
      reason: 'integration',
    });
  });
});

describe('C-0233 Fargate', () => {
  it('fails every node when none is of Fargate', () => {
    expect(findingsOn(fargateInUse, node({}), { others: [node({}, 'm')] })).toHaveLength(1);
  });

  it('passes when one is', () => {
    expect(findingsOn(fargateInUse, node({}), { others: [node({}, 'fargate-1')] })).toEqual([]);
  });
});
