import type { Values } from '../values/chart-under-test.ts';
import { valuesFile } from './rendered.ts';

const policies = {
  networkPolicy: { enabled: true, createEgressRules: true, metricsFrom: [{ namespaceSelector: {} }] },
};

/** Everything that can be switched on at once. */
export const full = {
  server: 'api.example.com',
  account: 'a',
  accessKey: 'b',
  clusterName: 'c',
  ksCloudOtelCollector: 'telemetry.example.com:443',
  global: {
    ...policies,
    httpsProxy: 'http://proxy.example.com:3128',
    proxySecretFile: '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n',
    overrideDefaultCaCertificates: {
      enabled: true,
      caCertificates: '-----BEGIN CERTIFICATE-----\nMIIC\n-----END CERTIFICATE-----\n',
    },
    extraCaCertificates: { enabled: true, secretName: 'corporate-ca' },
    enableClusterWideSecretAccess: true,
  },
  configurations: { prometheusAnnotations: 'enable', otelUrl: 'https://otel.example.com:4317' },
  capabilities: { continuousScan: 'enable', registryScan: 'enable' },
  imagePullSecrets: ['mirror', 'registry'],
  imagePullSecret: { server: 'registry.example.com', username: 'u', password: 'p"w' },
  imageScanning: {
    privateRegistries: {
      credentials: [{ registry: 'r.example.com', username: 'u', password: 'p"\\w', insecure: true }],
    },
  },
  cloudProviderMetadata: { cloudRegion: 'eu', aksClientSecret: 's', awsIamRoleArn: 'arn:aws:iam::1:role/r' },
  otelCollector: { hostmetrics: { enabled: true } },
  grypeOfflineDB: { enabled: true },
  operator: { persistence: { enabled: true }, replicaCount: 2, podDisruptionBudget: { enabled: true } },
  kubescape: { persistence: { enabled: true } },
  kubevuln: { persistence: { enabled: true }, tmpDirPersistence: { enabled: true } },
  kubevulnWorker: { enabled: true, replicaCount: 3, podDisruptionBudget: { enabled: true } },
  kollector: { persistence: { enabled: true } },
  grafanaDashboard: { enabled: true },
} as const;

const capabilities = [
  'operator',
  'configurationScan',
  'vulnerabilityScan',
  'continuousScan',
  'nodeScan',
  'relevancy',
  'registryScan',
  'remediation',
  'prometheusExporter',
  'kubescapeOffline',
  'riskAcceptance',
  'runtimeDetection',
  'admissionController',
];

/** Values that the whole matrix of checks runs over. */
export const variants: Readonly<Record<string, Values>> = {
  default: {},
  full: { values: full },
  compact: { values: { profile: 'compact', global: policies } },
  'air-gapped': { files: [valuesFile('air-gapped')] },
  'external Redis': {
    values: { redis: { enabled: false, external: { address: 'redis.example.com:6379', existingSecret: 'r' } } },
  },
  'no persistence': { values: { configurations: { persistence: 'disable' } } },
  OpenShift: { values: { global: { openshift: { enabled: true, scc: { enabled: true } } } } },
  ...Object.fromEntries(
    capabilities.map((name) => [
      `only ${name}`,
      {
        values: {
          capabilities: Object.fromEntries(capabilities.map((each) => [each, each === name ? 'enable' : 'disable'])),
        },
      },
    ]),
  ),
};
