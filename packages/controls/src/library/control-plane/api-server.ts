import type { Control } from '../../control.ts';
import { strongCipherSuites, weakCipherSuites } from './cipher-suites.ts';
import {
  mustBeAbsent,
  mustBeAtLeast,
  mustBeFalse,
  mustBeSet,
  mustBeShort,
  mustList,
  mustListNone,
  mustListOnly,
  mustNotBeFalse,
  mustNotBeZero,
  mustNotList,
} from './expectation.ts';
import { type FlagCheck, flagControl, flagRule } from './flag-control.ts';
import { untilRelease } from './until-release.ts';

const checks: readonly FlagCheck[] = [
  {
    id: 'C-0113',
    rule: 'ensure-that-the-api-server-anonymous-auth-argument-is-set-to-false',
    expectation: mustBeFalse('anonymous-auth', { unless: 'authentication-config' }),
    problem: 'answers requests that carry no credentials',
  },
  {
    id: 'C-0114',
    rule: 'ensure-that-the-api-server-token-auth-file-parameter-is-not-set',
    expectation: mustBeAbsent('token-auth-file'),
    problem: 'accepts tokens of a static file, which never expire and stand there in clear text',
  },
  {
    id: 'C-0115',
    rule: 'ensure-that-the-api-server-DenyServiceExternalIPs-is-not-set',
    expectation: mustNotList('enable-admission-plugins', 'DenyServiceExternalIPs'),
    problem: 'refuses every Service with external IPs by the plugin DenyServiceExternalIPs',
  },
  {
    id: 'C-0116',
    rule: 'ensure-that-the-api-server-kubelet-client-certificate-and-kubelet-client-key-arguments-are-set-as-appropriate',
    expectation: mustBeSet('kubelet-client-certificate', 'kubelet-client-key'),
    problem: 'cannot prove to kubelets who it is',
  },
  {
    id: 'C-0117',
    rule: 'ensure-that-the-api-server-kubelet-certificate-authority-argument-is-set-as-appropriate',
    expectation: mustBeSet('kubelet-certificate-authority'),
    problem: 'does not check the certificates of kubelets, so that anyone on the way can pose as one',
  },
  {
    id: 'C-0118',
    rule: 'ensure-that-the-api-server-authorization-mode-argument-is-not-set-to-AlwaysAllow',
    expectation: mustNotList('authorization-mode', 'AlwaysAllow', {
      absent: 'AlwaysAllow',
      unless: 'authorization-config',
    }),
    problem: 'lets every request through',
  },
  {
    id: 'C-0119',
    rule: 'ensure-that-the-api-server-authorization-mode-argument-includes-Node',
    expectation: mustList('authorization-mode', ['Node'], { unless: 'authorization-config' }),
    problem: 'does not limit kubelets to the objects of their own node',
  },
  {
    id: 'C-0120',
    rule: 'ensure-that-the-api-server-authorization-mode-argument-includes-RBAC',
    expectation: mustList('authorization-mode', ['RBAC'], { unless: 'authorization-config' }),
    problem: 'does not ask RBAC what a request may do',
  },
  {
    id: 'C-0121',
    rule: 'ensure-that-the-admission-control-plugin-EventRateLimit-is-set',
    expectation: mustList('enable-admission-plugins', ['EventRateLimit']),
    problem: 'accepts events without any limit of their rate',
  },
  {
    id: 'C-0122',
    rule: 'ensure-that-the-admission-control-plugin-AlwaysAdmit-is-not-set',
    expectation: mustNotList('enable-admission-plugins', 'AlwaysAdmit'),
    problem: 'admits every object by the plugin AlwaysAdmit',
  },
  {
    id: 'C-0123',
    rule: 'ensure-that-the-admission-control-plugin-AlwaysPullImages-is-set',
    expectation: mustList('enable-admission-plugins', ['AlwaysPullImages']),
    problem: 'lets pods use images that are on their node already without the credentials to pull them',
  },
  {
    id: 'C-0125',
    rule: 'ensure-that-the-admission-control-plugin-ServiceAccount-is-set',
    expectation: mustNotList('disable-admission-plugins', 'ServiceAccount'),
    problem: 'does not give pods a service account, because the plugin ServiceAccount is off',
  },
  {
    id: 'C-0126',
    rule: 'ensure-that-the-admission-control-plugin-NamespaceLifecycle-is-set',
    expectation: mustNotList('disable-admission-plugins', 'NamespaceLifecycle'),
    problem:
      'admits objects into namespaces that do not exist or are being deleted, because the plugin NamespaceLifecycle is off',
  },
  {
    id: 'C-0127',
    rule: 'ensure-that-the-admission-control-plugin-NodeRestriction-is-set',
    expectation: mustList('enable-admission-plugins', ['NodeRestriction']),
    problem: 'lets a kubelet change other nodes and pods than its own',
  },
  {
    id: 'C-0128',
    rule: 'ensure-that-the-api-server-secure-port-argument-is-not-set-to-0',
    expectation: mustNotBeZero('secure-port'),
    problem: 'does not serve TLS',
  },
  {
    id: 'C-0129',
    rule: 'ensure-that-the-api-server-profiling-argument-is-set-to-false',
    expectation: mustBeFalse('profiling'),
    problem: 'serves profiles of its own process, which tell of its inner workings',
  },
  {
    id: 'C-0130',
    rule: 'ensure-that-the-api-server-audit-log-path-argument-is-set',
    expectation: mustBeSet('audit-log-path'),
    problem: 'writes no audit log',
  },
  {
    id: 'C-0131',
    rule: 'ensure-that-the-api-server-audit-log-maxage-argument-is-set-to-30-or-as-appropriate',
    expectation: mustBeAtLeast('audit-log-maxage', 30),
    problem: 'keeps audit logs for less than 30 days',
  },
  {
    id: 'C-0132',
    rule: 'ensure-that-the-api-server-audit-log-maxbackup-argument-is-set-to-10-or-as-appropriate',
    expectation: mustBeAtLeast('audit-log-maxbackup', 10),
    problem: 'keeps fewer than 10 old audit logs',
  },
  {
    id: 'C-0133',
    rule: 'ensure-that-the-api-server-audit-log-maxsize-argument-is-set-to-100-or-as-appropriate',
    expectation: mustBeAtLeast('audit-log-maxsize', 100),
    problem: 'rotates audit logs before they reach 100 MB',
  },
  {
    id: 'C-0134',
    rule: 'ensure-that-the-api-server-request-timeout-argument-is-set-as-appropriate',
    expectation: mustBeShort('request-timeout', 300),
    problem: 'holds requests open without a limit or for longer than five minutes',
  },
  {
    id: 'C-0135',
    rule: 'ensure-that-the-api-server-service-account-lookup-argument-is-set-to-true',
    expectation: mustNotBeFalse('service-account-lookup'),
    problem: 'accepts tokens of service accounts that were deleted',
  },
  {
    id: 'C-0136',
    rule: 'ensure-that-the-api-server-service-account-key-file-argument-is-set-as-appropriate',
    expectation: mustBeSet('service-account-key-file'),
    problem: 'checks service account tokens with the key of its own TLS certificate',
  },
  {
    id: 'C-0137',
    rule: 'ensure-that-the-api-server-etcd-certfile-and-etcd-keyfile-arguments-are-set-as-appropriate',
    expectation: mustBeSet('etcd-certfile', 'etcd-keyfile'),
    problem: 'cannot prove to etcd who it is',
  },
  {
    id: 'C-0138',
    rule: 'ensure-that-the-api-server-tls-cert-file-and-tls-private-key-file-arguments-are-set-as-appropriate',
    expectation: mustBeSet('tls-cert-file', 'tls-private-key-file'),
    problem: 'serves with a certificate that it made itself',
  },
  {
    id: 'C-0139',
    rule: 'ensure-that-the-api-server-client-ca-file-argument-is-set-as-appropriate',
    expectation: mustBeSet('client-ca-file', { unless: 'authentication-config' }),
    problem: 'cannot tell clients by their certificates',
  },
  {
    id: 'C-0140',
    rule: 'ensure-that-the-api-server-etcd-cafile-argument-is-set-as-appropriate',
    expectation: mustBeSet('etcd-cafile'),
    problem: 'does not check the certificate of etcd',
  },
  {
    id: 'C-0143',
    rule: 'ensure-that-the-API-Server-only-makes-use-of-Strong-Cryptographic-Ciphers',
    expectation: mustListOnly('tls-cipher-suites', strongCipherSuites),
    problem: 'accepts cipher suites that are not on the list of strong ones',
  },
  {
    id: 'C-0160',
    rule: 'k8s-audit-logs-enabled-native-cis',
    expectation: mustBeSet('audit-policy-file'),
    problem: 'has no policy of what to record in audit logs',
  },
  {
    id: 'C-0277',
    rule: 'ensure-that-the-API-Server-only-makes-use-of-Strong-Cryptographic-Ciphers-cis1-10',
    expectation: mustListNone('tls-cipher-suites', weakCipherSuites),
    problem: 'accepts weak cipher suites',
  },
  {
    id: 'C-0283',
    rule: 'ensure-that-the-api-server-DenyServiceExternalIPs-is-set',
    expectation: mustList('enable-admission-plugins', ['DenyServiceExternalIPs'], { absent: 'fine' }),
    problem: 'accepts Services with external IPs, with which traffic of others can be taken over',
  },
  {
    id: 'C-0290',
    rule: 'ensure-that-the-api-server-service-account-extend-token-expiration-is-set-to-false',
    expectation: mustBeFalse('service-account-extend-token-expiration'),
    problem: 'issues service account tokens that are good for a year',
  },
];

/** Plugins that kept bad pods out before there was Pod Security Admission. No API server starts with them any more. */
const olderPodAdmission: Control = {
  id: 'C-0124',
  rules: [
    untilRelease(
      flagRule('kube-apiserver', {
        rule: 'ensure-that-the-admission-control-plugin-SecurityContextDeny-is-set-if-PodSecurityPolicy-is-not-used',
        expectation: mustList('enable-admission-plugins', ['SecurityContextDeny', 'PodSecurityPolicy']),
        problem: 'has neither of the plugins SecurityContextDeny and PodSecurityPolicy',
      }),
      { release: [1, 30], why: 'Kubernetes has neither plugin since 1.30' },
    ),
  ],
};

/** Controls over the flags of the API server. */
export const apiServerControls: readonly Control[] = [
  ...checks.map((check) => flagControl('kube-apiserver', check)),
  olderPodAdmission,
].toSorted((a, b) => (a.id < b.id ? -1 : 1));
