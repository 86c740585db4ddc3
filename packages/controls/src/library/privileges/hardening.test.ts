import { pod } from '@kso/testkit';
import { describe, expect, it } from 'vitest';
import type { WorkloadRule } from '../../control.ts';
import { findingsOn } from '../../testing/judge.ts';
import { securityContextApplied } from './c-0211-security-context.ts';
import {
  dropNetRaw,
  hostProcess,
  procMount,
  seLinuxOptions,
  supplementalGroups,
  sysctls,
  windowsUser,
} from './hardening.ts';

const windows = { os: { name: 'windows' } };
const onContainer = (securityContext: object) => pod({ container: { securityContext } });
const onPod = (securityContext: object, spec = {}) => pod({ spec: { ...spec, securityContext } });
const failures = (rule: WorkloadRule, object: ReturnType<typeof pod>) =>
  findingsOn({ id: 'C-0211', rules: [rule] }, object).length;

describe('C-0211 hardening', () => {
  it('has a rule for every setting', () => {
    expect(securityContextApplied.rules.map(({ name }) => name)).toHaveLength(12);
  });

  it('drop NET_RAW', () => {
    expect(failures(dropNetRaw, pod())).toBe(1);
    expect(failures(dropNetRaw, onContainer({ capabilities: { drop: ['ALL'], add: ['NET_RAW'] } }))).toBe(1);
    expect(failures(dropNetRaw, onContainer({ capabilities: { drop: ['net_raw'] } }))).toBe(0);
    expect(failures(dropNetRaw, onContainer({ capabilities: { drop: 'ALL' } }))).toBe(1);
  });

  it('SELinux', () => {
    expect(failures(seLinuxOptions, onContainer({ seLinuxOptions: { type: 'spc_t' } }))).toBe(1);
    expect(failures(seLinuxOptions, onPod({ seLinuxOptions: { user: 'system_u' } }))).toBe(1);
    expect(failures(seLinuxOptions, onPod({ seLinuxOptions: { type: 'container_t', level: 's0' } }))).toBe(0);
    expect(failures(seLinuxOptions, pod())).toBe(0);
  });

  it('procMount', () => {
    expect(failures(procMount, onContainer({ procMount: 'Unmasked' }))).toBe(1);
    expect(failures(procMount, onContainer({ procMount: 7 }))).toBe(1);
    expect(failures(procMount, onContainer({ procMount: 'Default' }))).toBe(0);
  });

  it('sysctls', () => {
    expect(failures(sysctls, onPod({ sysctls: [{ name: 'kernel.msgmax' }, {}] }))).toBe(2);
    expect(failures(sysctls, onPod({ sysctls: [{ name: 'net.ipv4.tcp_syncookies' }] }))).toBe(0);
  });

  it('supplemental groups', () => {
    expect(failures(supplementalGroups, onPod({ supplementalGroups: [5, 0] }))).toBe(1);
    expect(failures(supplementalGroups, onPod({ supplementalGroups: [5] }))).toBe(0);
  });

  it('HostProcess, on either level', () => {
    const windowsOptions = { hostProcess: true };
    expect(failures(hostProcess, onPod({ windowsOptions }, windows))).toBe(1);
    expect(failures(hostProcess, onContainer({ windowsOptions }))).toBe(1);
    expect(failures(hostProcess, onContainer({ windowsOptions: { hostProcess: false } }))).toBe(0);
  });

  it('the user of Windows containers (B25)', () => {
    const windowsOptions = { runAsUserName: 'ContainerAdministrator' };
    expect(failures(windowsUser, onPod({ windowsOptions }, windows))).toBe(1);
    expect(failures(windowsUser, onPod({ windowsOptions: { runAsUserName: 'ContainerUser' } }, windows))).toBe(0);
    expect(failures(windowsUser, onPod({ windowsOptions }))).toBe(0);
  });
});
