import { cronJob, pod } from '@kso/testkit';
import { describe, expect, it } from 'vitest';
import { findingsOn, pathsOf } from '../../testing/judge.ts';
import { hostIpc, hostPid } from './host-sharing.ts';

describe.each([
  [hostPid, 'hostPID', 'hostIPC'],
  [hostIpc, 'hostIPC', 'hostPID'],
] as const)('$id', (control, field, other) => {
  it(`fails ${field}`, () => {
    expect(pathsOf(findingsOn(control, cronJob({ spec: { [field]: true } })), 'delete')).toEqual([
      `spec.jobTemplate.spec.template.spec.${field}`,
    ]);
  });

  it('passes without, and with the other one', () => {
    for (const spec of [{}, { [field]: false }, { [other]: true }])
      expect(findingsOn(control, pod({ spec }))).toEqual([]);
  });
});
