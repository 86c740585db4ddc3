import { pod } from '@kso/testkit';
import type { KubeObject } from '@kso/wire';
import { describe, expect, it } from 'vitest';
import { findingsOn, pathsOf, verdictOn } from '../../testing/judge.ts';
import { subPathSymlink } from './c-0058-subpath-symlink.ts';

const node = (kubeletVersion: string): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name: 'n' },
  status: { nodeInfo: { kubeletVersion } },
});
const mounts = pod({ container: { volumeMounts: [{ name: 'v', mountPath: '/v', subPath: 'x' }] } });

describe('C-0058 subPath and symbolic links', () => {
  it.each(['v1.9.3', 'v1.19.14', 'v1.20.10', 'v1.21.4-gke.1', 'v1.22.1'])('fails with a kubelet %s', (version) => {
    const findings = findingsOn(subPathSymlink, mounts, { others: [node('v1.30.0'), node(version)] });
    expect(findings).toMatchObject([{ found: version }]);
    expect(pathsOf(findings, 'failed')).toEqual(['spec.containers[0].volumeMounts[0].subPath']);
  });

  it.each(['v1.19.15', 'v1.20.11', 'v1.21.5', 'v1.22.2', 'v1.23.0', 'v1.36.2'])(
    'passes with a kubelet %s',
    (version) => {
      expect(findingsOn(subPathSymlink, mounts, { others: [node(version)] })).toEqual([]);
    },
  );

  it('does not evaluate while a kubelet is not known', () => {
    for (const others of [[], [node('unknown')], [node('v1.30.0'), node('v1')]])
      expect(verdictOn(subPathSymlink, mounts, { others })).toMatchObject({ reason: 'integration' });
  });

  it('passes without a subPath', () => {
    const plain = pod({ container: { volumeMounts: [{ name: 'v', mountPath: '/v' }] } });
    expect(findingsOn(subPathSymlink, plain, { others: [node('v1.21.0')] })).toEqual([]);
  });
});
