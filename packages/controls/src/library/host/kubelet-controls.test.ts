import { describe, expect, it } from 'vitest';
import { findingsOn, verdictOn } from '../../testing/judge.ts';
import { kubeletControls } from './kubelet-controls.ts';
import { fileWith, hostData, kubelet } from './testing/host-data.ts';

/** Flags, and the configuration file if the kubelet was started with one. */
type Started = readonly [flags: string, file?: string];

interface Cases {
  readonly fails: readonly Started[];
  readonly passes: readonly Started[];
}

const anonymous: Cases = {
  fails: [
    [''],
    ['--anonymous-auth=true', 'authentication: {anonymous: {enabled: false}}'],
    ['', 'authentication: {anonymous: {enabled: true}}'],
    ['', 'authentication: {anonymous: {enabled: yes}}'],
    ['', 'authentication: {anonymous: {enabled: "false"}}'],
    ['', 'authentication: {anonymous: false}'],
    ['--anonymous-auth=no'],
  ],
  passes: [
    ['--anonymous-auth=false'],
    ['', 'kind: KubeletConfiguration'],
    ['', '{"authentication":{"anonymous":{"enabled":false}}}'],
  ],
};
const clientCa: Cases = {
  fails: [
    [''],
    ['', 'authentication: {}'],
    ['', 'authentication: {x509: {clientCAFile: ""}}'],
    ['', 'authentication: {x509: {clientCAFile: 7}}'],
  ],
  passes: [
    ['--client-ca-file=/etc/ca.crt'],
    ['--client-ca-file /etc/ca.crt'],
    ['', 'authentication: {x509: {clientCAFile: /etc/ca.crt}}'],
  ],
};

const cases: Readonly<Record<string, Cases>> = {
  'C-0069': anonymous,
  'C-0070': clientCa,
  'C-0172': anonymous,
  'C-0173': {
    fails: [
      [''],
      ['--authorization-mode=AlwaysAllow', 'authorization: {mode: Webhook}'],
      ['', 'authorization: {mode: AlwaysAllow}'],
      ['', 'authorization: [Webhook]'],
    ],
    passes: [
      ['--authorization-mode=Webhook'],
      ['', 'authorization: {mode: Webhook}'],
      ['', 'kind: KubeletConfiguration'],
    ],
  },
  'C-0174': clientCa,
  'C-0175': {
    fails: [
      [''],
      ['--read-only-port=10255', 'readOnlyPort: 0'],
      ['', 'readOnlyPort: 10255'],
      ['', 'readOnlyPort: "0"'],
    ],
    passes: [
      ['--read-only-port=0', 'readOnlyPort: 10255'],
      ['', 'readOnlyPort: 0'],
      ['', 'kind: KubeletConfiguration'],
    ],
  },
  'C-0176': {
    fails: [
      ['--streaming-connection-idle-timeout=0'],
      ['', 'streamingConnectionIdleTimeout: 0s'],
      ['', 'streamingConnectionIdleTimeout: 4'],
    ],
    passes: [[''], ['--streaming-connection-idle-timeout=5m'], ['', 'streamingConnectionIdleTimeout: 4h0m0s']],
  },
  'C-0177': {
    fails: [[''], ['', 'protectKernelDefaults: false'], ['', 'protectKernelDefaults: "true"']],
    passes: [['--protect-kernel-defaults'], ['--protect-kernel-defaults=true'], ['', 'protectKernelDefaults: true']],
  },
  'C-0178': {
    fails: [
      ['--make-iptables-util-chains=false'],
      ['', 'makeIPTablesUtilChains: false'],
      ['', 'makeIPTablesUtilChains: 1'],
    ],
    passes: [[''], ['', 'kind: KubeletConfiguration'], ['', 'makeIPTablesUtilChains: true']],
  },
  'C-0179': {
    fails: [['--hostname-override=x'], ['--hostname-override x', 'kind: X']],
    passes: [[''], ['', 'kind: X']],
  },
  'C-0180': {
    fails: [
      ['--event-qps=0', 'eventRecordQPS: 5'],
      ['', 'eventRecordQPS: 0'],
      ['', 'eventRecordQPS: "5"'],
    ],
    passes: [[''], ['--event-qps=5'], ['', 'eventRecordQPS: 50']],
  },
  'C-0181': {
    fails: [
      [''],
      ['--tls-cert-file=/a'],
      ['', 'tlsCertFile: /a'],
      ['--tls-private-key-file=/b', 'tlsCertFile: 11'],
      ['', 'serverTLSBootstrap: false'],
    ],
    passes: [
      ['--tls-cert-file=/a --tls-private-key-file=/b'],
      ['--tls-cert-file=/a', 'tlsPrivateKeyFile: /b'],
      ['', 'serverTLSBootstrap: true'],
      ['--rotate-server-certificates'],
    ],
  },
  'C-0182': {
    fails: [
      ['--rotate-certificates=false', 'rotateCertificates: true'],
      ['', 'rotateCertificates: false'],
      ['', 'rotateCertificates: "true"'],
    ],
    passes: [[''], ['--rotate-certificates'], ['', 'rotateCertificates: true'], ['', 'kind: KubeletConfiguration']],
  },
  'C-0183': {
    fails: [
      [''],
      ['', 'kind: KubeletConfiguration'],
      ['--feature-gates=A=true,RotateKubeletServerCertificate=false', 'serverTLSBootstrap: true'],
      ['', '{serverTLSBootstrap: true, featureGates: {RotateKubeletServerCertificate: false}}'],
      ['', 'serverTLSBootstrap: "true"'],
    ],
    passes: [
      ['--rotate-server-certificates=true'],
      ['', 'serverTLSBootstrap: true'],
      ['--feature-gates=A=true,RotateKubeletServerCertificate=true'],
      ['', 'featureGates: {RotateKubeletServerCertificate: true}'],
    ],
  },
  'C-0184': {
    fails: [
      [''],
      ['', 'TLSCipherSuites: [TLS_AES_128_GCM_SHA256]'],
      ['', 'tlsCipherSuites: [TLS_RSA_WITH_RC4_128_SHA, TLS_AES_128_GCM_SHA256]'],
      ['', 'tlsCipherSuites: TLS_AES_128_GCM_SHA256'],
      ['--tls-cipher-suites=TLS_RSA_WITH_RC4_128_SHA'],
    ],
    passes: [
      ['--tls-cipher-suites=TLS_AES_128_GCM_SHA256,TLS_AES_256_GCM_SHA384'],
      ['', 'tlsCipherSuites: [TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256]'],
      ['', 'tlsMinVersion: VersionTLS13'],
    ],
  },
  'C-0284': {
    fails: [[''], ['--pod-max-pids=-1'], ['', 'podPidsLimit: -1'], ['', 'podPidsLimit: many']],
    passes: [['--pod-max-pids=4096'], ['', 'podPidsLimit: 4096']],
  },
};

it('cases stand for every control', () => {
  expect(Object.keys(cases)).toEqual(kubeletControls.map(({ id }) => id));
});

describe.each(kubeletControls)('$id kubelets', (control) => {
  const { fails = [], passes = [] } = cases[control.id] ?? {};

  it.each(fails)('fails %j with the file %j', (flags = '', file) => {
    const [finding, ...more] = findingsOn(control, kubelet(flags, file));
    expect(more).toEqual([]);
    expect(finding).toMatchObject({ found: expect.any(String), paths: [{ type: 'failed' }, { type: 'review' }] });
    expect(finding?.paths[0]?.path).toMatch(/^data\.(?:cmdLine|configFile\.content)$/);
  });

  it.each(passes)('passes %j with the file %j', (flags = '', file) => {
    expect(findingsOn(control, kubelet(flags, file))).toEqual([]);
  });

  it('does not evaluate a kubelet whose start, or whose file, nobody knows', () => {
    const silent = [{}, { cmdLine: 7 }, { configFile: fileWith('readOnlyPort: 0') }].map((data) =>
      hostData('KubeletInfo', data),
    );
    const unread = [{}, { content: '' }, { content: '!!' }, fileWith('- a list'), fileWith('a: [')].map((configFile) =>
      hostData('KubeletInfo', { cmdLine: 'kubelet --config=/x', configFile }),
    );
    const dropIns = hostData('KubeletInfo', {
      cmdLine: 'kubelet --config=/x --config-dir=/y',
      configFile: fileWith('{}'),
    });
    const isOfFlags = control.id === 'C-0179';
    for (const object of isOfFlags ? silent : [...silent, ...unread, dropIns])
      expect(verdictOn(control, object)).toMatchObject({ status: 'notEvaluated', reason: 'integration' });
  });
});
