import type { KubeObject } from '@kso/wire';
import { describe, expect, it } from 'vitest';
import { findingsOn, verdictOn } from '../../testing/judge.ts';
import { hostData } from '../host/testing/host-data.ts';
import { kernelEscape } from './c-0079-kernel-escape.ts';

const node = (kernelVersion: unknown, operatingSystem = 'linux'): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name: 'n' },
  status: { nodeInfo: { kernelVersion, operatingSystem } },
});
const variables = (key: string, value: string, name = 'n') =>
  hostData('LinuxKernelVariables', { kernelVariables: [{ key, value, source: '/proc' }] }, name);
const on = variables('kernel.unprivileged_userns_clone', '1');
const unknown = { status: 'notEvaluated', reason: 'integration' };

describe('C-0079 escape by the kernel', () => {
  it.each(['5.1.0', '5.4.172', '5.16.1-arch1', '5.11.0', '5.4.0-95-generic', '5.4.0-1066-azure'])(
    'fails %s',
    (kernel) => {
      expect(findingsOn(kernelEscape, node(kernel), { others: [on] })).toMatchObject([
        { found: kernel, relatedIds: ['hostdata.kubescape.cloud/v1beta0/LinuxKernelVariables/n'] },
      ]);
    },
  );

  it.each([
    '5.0.21',
    '4.18.0-305.el8',
    '5.4.173',
    '5.15.16',
    '5.16.2',
    '6.8.0-40-generic',
    '5.4.0-96-generic',
    '5.4.0-1067-azure',
  ])('passes %s', (kernel) => {
    expect(findingsOn(kernelEscape, node(kernel), { others: [on] })).toEqual([]);
  });

  it('passes where users make no user namespaces, and on Windows', () => {
    for (const off of [variables('unprivileged_userns_clone', '0'), variables('user/max_user_namespaces', '0')])
      expect(findingsOn(kernelEscape, node('5.10.1'), { others: [off] })).toEqual([]);
    expect(verdictOn(kernelEscape, node('10.0.20348', 'windows'))).toMatchObject({ status: 'passed' });
  });

  it('does not evaluate without the switch, or without a version', () => {
    const others = [variables('kernel.panic', '1'), variables('unprivileged_userns_clone', '1', 'm')];
    expect(verdictOn(kernelEscape, node('5.10.1'), { others })).toMatchObject(unknown);
    for (const kernel of [undefined, 5, 'five', '5'])
      expect(verdictOn(kernelEscape, node(kernel), { others: [on] })).toMatchObject(unknown);
  });
});
