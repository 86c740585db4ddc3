import { describe, expect, it } from 'vitest';
import { findingsOn } from '../../testing/judge.ts';
import { apiServerControls } from './api-server.ts';
import { flagCases } from './testing/flag-cases.ts';
import { staticPod } from './testing/static-pod.ts';

/** Flags that fail, and flags that pass, control by control. */
const cases: Readonly<Record<string, { readonly fails: readonly string[]; readonly passes: readonly string[] }>> = {
  'C-0113': { fails: ['', '--anonymous-auth=true'], passes: ['--anonymous-auth=false'] },
  'C-0114': { fails: ['--token-auth-file=/etc/tokens.csv'], passes: [''] },
  'C-0115': {
    fails: ['--enable-admission-plugins=NodeRestriction,DenyServiceExternalIPs'],
    passes: ['', '--enable-admission-plugins=NodeRestriction'],
  },
  'C-0116': {
    fails: ['', '--kubelet-client-key=/k'],
    passes: ['--kubelet-client-certificate=/c --kubelet-client-key=/k'],
  },
  'C-0117': { fails: [''], passes: ['--kubelet-certificate-authority=/ca'] },
  'C-0118': { fails: ['', '--authorization-mode=RBAC,AlwaysAllow'], passes: ['--authorization-mode=Node,RBAC'] },
  'C-0119': { fails: ['', '--authorization-mode=RBAC'], passes: ['--authorization-mode=Node,RBAC'] },
  'C-0120': { fails: ['', '--authorization-mode=Node'], passes: ['--authorization-mode=Node,RBAC'] },
  'C-0121': {
    fails: ['', '--enable-admission-plugins=NodeRestriction'],
    passes: ['--enable-admission-plugins=NodeRestriction,EventRateLimit'],
  },
  'C-0122': {
    fails: ['--enable-admission-plugins=AlwaysAdmit'],
    passes: ['', '--enable-admission-plugins=NodeRestriction'],
  },
  'C-0123': {
    fails: ['', '--enable-admission-plugins=NodeRestriction'],
    passes: ['--enable-admission-plugins=AlwaysPullImages'],
  },
  'C-0124': {
    fails: ['', '--enable-admission-plugins=NodeRestriction'],
    passes: ['--enable-admission-plugins=PodSecurityPolicy', '--enable-admission-plugins=SecurityContextDeny'],
  },
  'C-0125': {
    fails: ['--disable-admission-plugins=ServiceAccount'],
    passes: ['', '--disable-admission-plugins=Priority'],
  },
  'C-0126': {
    fails: ['--disable-admission-plugins=Priority,NamespaceLifecycle'],
    passes: ['', '--disable-admission-plugins=Priority'],
  },
  'C-0127': {
    fails: ['', '--enable-admission-plugins=EventRateLimit'],
    passes: ['--enable-admission-plugins=NodeRestriction'],
  },
  'C-0128': { fails: ['--secure-port=0'], passes: ['', '--secure-port=6443'] },
  'C-0129': { fails: ['', '--profiling=true', '--profiling'], passes: ['--profiling=false'] },
  'C-0130': { fails: [''], passes: ['--audit-log-path=/var/log/audit.log'] },
  'C-0131': { fails: ['', '--audit-log-maxage=7', '--audit-log-maxage=long'], passes: ['--audit-log-maxage=30'] },
  'C-0132': { fails: ['', '--audit-log-maxbackup=2'], passes: ['--audit-log-maxbackup=10'] },
  'C-0133': { fails: ['', '--audit-log-maxsize=10'], passes: ['--audit-log-maxsize=100'] },
  'C-0134': {
    fails: ['--request-timeout=0', '--request-timeout=1h', '--request-timeout=never'],
    passes: ['', '--request-timeout=2m30s', '--request-timeout=300s'],
  },
  'C-0135': { fails: ['--service-account-lookup=false'], passes: ['', '--service-account-lookup=true'] },
  'C-0136': { fails: [''], passes: ['--service-account-key-file=/sa.pub'] },
  'C-0137': { fails: ['', '--etcd-certfile=/c'], passes: ['--etcd-certfile=/c --etcd-keyfile=/k'] },
  'C-0138': { fails: ['', '--tls-cert-file=/c'], passes: ['--tls-cert-file=/c --tls-private-key-file=/k'] },
  'C-0139': { fails: [''], passes: ['--client-ca-file=/ca'] },
  'C-0140': { fails: [''], passes: ['--etcd-cafile=/ca'] },
  'C-0143': {
    fails: ['', '--tls-cipher-suites=TLS_RSA_WITH_RC4_128_SHA'],
    passes: ['--tls-cipher-suites=TLS_AES_128_GCM_SHA256,TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256'],
  },
  'C-0160': { fails: [''], passes: ['--audit-policy-file=/policy.yaml'] },
  'C-0277': {
    fails: ['--tls-cipher-suites=TLS_AES_128_GCM_SHA256,TLS_RSA_WITH_RC4_128_SHA'],
    passes: ['', '--tls-cipher-suites=TLS_AES_128_GCM_SHA256'],
  },
  'C-0283': {
    fails: ['--enable-admission-plugins=NodeRestriction'],
    passes: ['', '--enable-admission-plugins=DenyServiceExternalIPs'],
  },
  'C-0290': {
    fails: ['', '--service-account-extend-token-expiration=true'],
    passes: ['--service-account-extend-token-expiration=false'],
  },
};

describe('controls over the flags of API server', () => {
  it('have cases each', () => {
    expect(Object.keys(cases)).toEqual(apiServerControls.map(({ id }) => id));
  });

  it.each(flagCases('kube-apiserver', apiServerControls, cases))('$id $verdict with [$flags]', ({ verdict, run }) => {
    expect(run()).toBe(verdict);
  });

  const byId = (id: string) => apiServerControls.find((control) => control.id === id) ?? { id, rules: [] };

  it('point at the wrong flag and at the right one', () => {
    const [finding] = findingsOn(byId('C-0113'), staticPod('kube-apiserver', ['--v=2', '--anonymous-auth=true']));
    expect(finding).toMatchObject({
      message: 'The API server of pod "kube-apiserver-node" answers requests that carry no credentials.',
      found: '--anonymous-auth=true',
      wanted: '--anonymous-auth=false',
    });
    expect(finding?.paths).toEqual([
      { type: 'failed', path: 'spec.containers[0].command[2]' },
      { type: 'fix', path: 'spec.containers[0].command[2]', value: '--anonymous-auth=false' },
    ]);
  });

  it('say where a missing flag would stand', () => {
    const [finding] = findingsOn(byId('C-0121'), staticPod('kube-apiserver', ['--v=2']));
    expect(finding?.paths).toEqual([
      { type: 'fix', path: 'spec.containers[0].command[2]', value: '--enable-admission-plugins=EventRateLimit' },
    ]);
  });

  it('read a value that stands by itself, and let the last of two flags count', () => {
    expect(findingsOn(byId('C-0120'), staticPod('kube-apiserver', ['--authorization-mode', 'Node,RBAC']))).toEqual([]);
    const together = staticPod('kube-apiserver', ['--v=2 --service-account-lookup=false']);
    expect(findingsOn(byId('C-0135'), together)).toHaveLength(1);
    const twice = staticPod('kube-apiserver', ['--profiling=false', '--profiling=true']);
    expect(findingsOn(byId('C-0129'), twice)).toHaveLength(1);
  });
});
