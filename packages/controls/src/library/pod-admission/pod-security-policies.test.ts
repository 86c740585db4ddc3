import type { KubeObject } from '@kso/wire';
import { describe, expect, it } from 'vitest';
import { findingsOn } from '../../testing/judge.ts';
import { podSecurityPolicyControls } from './pod-security-policies.ts';

const policy = (spec: unknown, name = 'p'): KubeObject => ({
  apiVersion: 'policy/v1beta1',
  kind: 'PodSecurityPolicy',
  metadata: { name },
  spec,
});

const specs: Readonly<Record<string, { readonly allows: readonly object[]; readonly forbids: readonly object[] }>> = {
  'C-0213': { allows: [{ privileged: true }], forbids: [{ privileged: false }, {}] },
  'C-0214': { allows: [{ hostPID: true }], forbids: [{ hostPID: false }] },
  'C-0215': { allows: [{ hostIPC: true }], forbids: [{}] },
  'C-0216': { allows: [{ hostNetwork: true }], forbids: [{}] },
  'C-0217': { allows: [{}, { allowPrivilegeEscalation: true }], forbids: [{ allowPrivilegeEscalation: false }] },
  'C-0218': {
    allows: [{}, { runAsUser: { rule: 'RunAsAny' } }, { runAsUser: { rule: 'MustRunAs', ranges: [{ min: 0 }] } }],
    forbids: [{ runAsUser: { rule: 'MustRunAsNonRoot' } }, { runAsUser: { rule: 'MustRunAs', ranges: [{ min: 1 }] } }],
  },
  'C-0219': { allows: [{ allowedCapabilities: ['*'] }], forbids: [{}, { allowedCapabilities: [] }] },
  'C-0220': { allows: [{}, { requiredDropCapabilities: [] }], forbids: [{ requiredDropCapabilities: ['ALL'] }] },
};

describe.each(podSecurityPolicyControls)('$id PodSecurityPolicies', (control) => {
  const { allows = [], forbids = [] } = specs[control.id] ?? {};

  it('fails a policy when every one allows it', () => {
    for (const spec of allows)
      expect(findingsOn(control, policy(spec), { others: [policy(allows[0], 'q')] })).toHaveLength(1);
    expect(allows.length).toBeGreaterThan(0);
  });

  it('passes when one forbids it', () => {
    for (const spec of forbids) {
      expect(findingsOn(control, policy(spec))).toEqual([]);
      expect(findingsOn(control, policy(allows[0]), { others: [policy(spec, 'q')] })).toEqual([]);
    }
  });
});
