import type { Control, ObjectRule } from '../../control.ts';
import { strongCipherSuites } from '../control-plane/cipher-suites.ts';
import type { Kubelet, Setting } from './kubelet.ts';
import { type KubeletAnswer, kubeletRule, settingRule } from './kubelet-rule.ts';
import { asBoolean, asInteger, asList, asSeconds, asText } from './setting-type.ts';

const always = <T>(value: T | undefined) => ({ withFile: value, flagsOnly: value });

const anonymousRequests = settingRule('anonymous-requests-to-kubelet-service-updated', {
  flag: 'anonymous-auth',
  field: 'authentication.anonymous.enabled',
  type: asBoolean,
  byDefault: { withFile: false, flagsOnly: true },
  isFine: (value) => value === false,
  problem: 'answers requests that carry no credentials',
  wanted: 'authentication.anonymous.enabled: false',
});

const clientCertificates = settingRule('enforce-kubelet-client-tls-authentication-updated', {
  flag: 'client-ca-file',
  field: 'authentication.x509.clientCAFile',
  type: asText,
  byDefault: always<string>(undefined),
  isFine: (value) => value !== undefined && value !== '',
  problem: 'cannot tell clients by their certificates',
  wanted: 'authentication.x509.clientCAFile with the CA of the cluster',
});

const servingCertificate = {
  problem: 'serves with a certificate that it made itself',
  wanted: 'tlsCertFile and tlsPrivateKeyFile, or serverTLSBootstrap: true',
};
const tlsFiles = [
  { flag: 'tls-cert-file', field: 'tlsCertFile', type: asText },
  { flag: 'tls-private-key-file', field: 'tlsPrivateKeyFile', type: asText },
] as const;
const serverBootstrap = { flag: 'rotate-server-certificates', field: 'serverTLSBootstrap', type: asBoolean } as const;

const rules: Readonly<Record<string, ObjectRule>> = {
  'C-0069': anonymousRequests,
  'C-0070': clientCertificates,
  'C-0172': anonymousRequests,
  'C-0173': settingRule('kubelet-authorization-mode-alwaysAllow', {
    flag: 'authorization-mode',
    field: 'authorization.mode',
    type: asText,
    byDefault: { withFile: 'Webhook', flagsOnly: 'AlwaysAllow' },
    isFine: (value) => value === 'Webhook',
    problem: 'lets every request through',
    wanted: 'authorization.mode: Webhook',
  }),
  'C-0174': clientCertificates,
  'C-0175': settingRule('read-only-port-enabled-updated', {
    flag: 'read-only-port',
    field: 'readOnlyPort',
    type: asInteger,
    byDefault: { withFile: 0, flagsOnly: 10_255 },
    isFine: (value) => value === 0,
    problem: 'serves data about its pods without authentication',
    wanted: 'readOnlyPort: 0',
  }),
  'C-0176': settingRule('kubelet-streaming-connection-idle-timeout', {
    flag: 'streaming-connection-idle-timeout',
    field: 'streamingConnectionIdleTimeout',
    type: asSeconds,
    byDefault: always(4 * 3600),
    isFine: (seconds = 0) => seconds > 0,
    problem: 'never ends idle streams',
    wanted: 'streamingConnectionIdleTimeout other than 0, such as 4h',
  }),
  'C-0177': settingRule('kubelet-protect-kernel-defaults', {
    flag: 'protect-kernel-defaults',
    field: 'protectKernelDefaults',
    type: asBoolean,
    byDefault: always(false),
    isFine: (value) => value === true,
    problem: 'changes settings of the kernel by itself',
    wanted: 'protectKernelDefaults: true',
  }),
  'C-0178': settingRule('kubelet-ip-tables', {
    flag: 'make-iptables-util-chains',
    field: 'makeIPTablesUtilChains',
    type: asBoolean,
    byDefault: always(true),
    isFine: (value) => value === true,
    problem: 'does not look after the iptables chains of its node',
    wanted: 'makeIPTablesUtilChains: true',
  }),
  'C-0179': settingRule('kubelet-hostname-override', {
    flag: 'hostname-override',
    type: asText,
    byDefault: always<string>(undefined),
    isFine: (value) => value === undefined,
    problem: 'goes by another name than its host',
    wanted: 'no --hostname-override',
  }),
  'C-0180': settingRule('kubelet-event-qps', {
    flag: 'event-qps',
    field: 'eventRecordQPS',
    type: asInteger,
    byDefault: always(50),
    isFine: (value = 0) => value > 0,
    problem: 'records events without a limit of their rate',
    wanted: 'eventRecordQPS above 0, such as 50',
  }),
  'C-0181': kubeletRule('validate-kubelet-tls-configuration-updated', servingCertificate, withoutCertificate),
  'C-0182': settingRule('kubelet-rotate-certificates', {
    flag: 'rotate-certificates',
    field: 'rotateCertificates',
    type: asBoolean,
    // What is not set is no finding: such nodes often have no client certificate at all, but tokens of their cloud.
    byDefault: always<boolean>(undefined),
    isFine: (value) => value !== false,
    problem: 'does not renew its client certificate',
    wanted: 'rotateCertificates: true',
  }),
  'C-0183': kubeletRule(
    'kubelet-rotate-kubelet-server-certificate',
    { problem: 'does not renew its serving certificate', wanted: 'serverTLSBootstrap: true' },
    withoutServerRotation,
  ),
  'C-0184': kubeletRule(
    'kubelet-strong-cryptographics-ciphers',
    {
      problem: 'accepts weak cipher suites',
      wanted: 'tlsCipherSuites with strong suites only, or tlsMinVersion: VersionTLS13',
    },
    weakSuites,
  ),
  'C-0284': settingRule('kubelet-set-pod-limit', {
    flag: 'pod-max-pids',
    field: 'podPidsLimit',
    type: asInteger,
    byDefault: always(-1),
    isFine: (value = -1) => value > 0,
    problem: 'does not limit the number of processes of a pod',
    wanted: 'podPidsLimit above 0',
  }),
};

/** How kubelets are configured, each setting by a control of the CIS benchmark. */
export const kubeletControls: readonly Control[] = Object.entries(rules).map(([id, rule]) => ({ id, rules: [rule] }));

function withoutCertificate(kubelet: Kubelet): KubeletAnswer {
  const bootstrap = kubelet.setting(serverBootstrap);
  if (bootstrap.state === 'set' && bootstrap.value) return undefined;
  const files = tlsFiles.map((place) => kubelet.setting(place));
  if (files.every((file) => file.state === 'set' && file.value !== '')) return undefined;
  const wrong = files.find(({ state }) => state === 'malformed');
  if (wrong === undefined && files.some(({ state }) => state === 'unknown')) return 'unknown';
  const shown = [...files, bootstrap].flatMap((setting) => ('shown' in setting ? setting.shown : []));
  return { found: shown.length === 0 ? 'not set' : shown.join(', '), path: (wrong ?? bootstrap).path };
}

/** The gate is on by default and does nothing by itself; older guides name it in place of the setting. */
function withoutServerRotation(kubelet: Kubelet): KubeletAnswer {
  const bootstrap = kubelet.setting(serverBootstrap);
  const gate = gateOf(kubelet);
  if (gate.state === 'set' && !gate.value) return { found: gate.shown, path: gate.path };
  if ([bootstrap, gate].some((setting) => setting.state === 'set' && setting.value)) return undefined;
  if (bootstrap.state === 'unknown' || gate.state === 'unknown') return 'unknown';
  return { found: 'shown' in bootstrap ? bootstrap.shown : 'not set', path: bootstrap.path };
}

function gateOf(kubelet: Kubelet): Setting<boolean> {
  const name = 'RotateKubeletServerCertificate';
  const written = kubelet.setting({ flag: 'feature-gates', type: asList });
  const entry = written.state === 'set' ? written.value.find((item) => item.startsWith(`${name}=`)) : undefined;
  if (entry === undefined) return kubelet.setting({ field: `featureGates.${name}`, type: asBoolean });
  const value = asBoolean.ofText(entry.slice(name.length + 1));
  const { path } = written;
  return value === undefined ? { state: 'malformed', shown: entry, path } : { state: 'set', value, shown: entry, path };
}

/** All suites of TLS 1.3 are strong. Below, what Go takes when nothing is set has suites without authenticated encryption. */
function weakSuites(kubelet: Kubelet): KubeletAnswer {
  const suites = kubelet.setting({ flag: 'tls-cipher-suites', field: 'tlsCipherSuites', type: asList });
  const least = kubelet.setting({ flag: 'tls-min-version', field: 'tlsMinVersion', type: asText });
  if (least.state === 'set' && least.value === 'VersionTLS13') return undefined;
  if (suites.state === 'unknown') return 'unknown';
  const { path } = suites;
  if (suites.state === 'unset') return { found: 'not set', path };
  if (suites.state === 'malformed') return { found: suites.shown, path };
  const { value, shown } = suites;
  const areStrong = value.length > 0 && value.every((suite) => strongCipherSuites.includes(suite));
  return areStrong ? undefined : { found: shown, path };
}
