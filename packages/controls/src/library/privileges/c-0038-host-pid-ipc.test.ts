import { cronJob, pod } from '@kso/testkit';
import { describe, expect, it } from 'vitest';
import { findingsOn, pathsOf } from '../../testing/judge.ts';
import { hostPidIpc } from './c-0038-host-pid-ipc.ts';

describe('C-0038 host PID and IPC', () => {
  it('fails pods that share processes or memory with their node', () => {
    const findings = findingsOn(hostPidIpc, cronJob({ name: 'spy', spec: { hostPID: true, hostIPC: true } }));
    expect(findings.map(({ message }) => message)).toEqual([
      'The pods of CronJob "spy" share the process namespace of their node.',
      'The pods of CronJob "spy" share the IPC namespace of their node.',
    ]);
    expect(pathsOf(findings, 'delete')).toEqual(
      ['hostPID', 'hostIPC'].map((field) => `spec.jobTemplate.spec.template.spec.${field}`),
    );
  });

  it('passes without, with false, and with what is no boolean at all', () => {
    for (const spec of [{}, { hostPID: false }, { hostPID: 'true' }, { hostNetwork: true }])
      expect(findingsOn(hostPidIpc, pod({ spec }))).toEqual([]);
  });
});
