import { describe, expect, it } from 'vitest';
import { findingsOn, verdictOn } from '../../testing/judge.ts';
import { rbacEnabled } from './c-0088-rbac-enabled.ts';
import { staticPod } from './testing/static-pod.ts';

const apiServer = (...flags: string[]) => staticPod('kube-apiserver', flags);

describe('C-0088 RBAC', () => {
  it('fails an API server that does not use it', () => {
    expect(findingsOn(rbacEnabled, apiServer())).toHaveLength(1);
    expect(findingsOn(rbacEnabled, apiServer('--authorization-mode=Node'))).toHaveLength(1);
  });

  it('passes one that does', () => {
    expect(findingsOn(rbacEnabled, apiServer('--authorization-mode=Node,RBAC'))).toEqual([]);
  });

  it('does not evaluate what stands in a file', () => {
    const verdict = verdictOn(rbacEnabled, apiServer('--authorization-config=/etc/authorization.yaml'));
    expect(verdict).toMatchObject({ status: 'notEvaluated', reason: 'integration' });
  });
});
