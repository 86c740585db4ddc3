import type { KubeObject } from '@kso/wire';
import { expect } from 'vitest';
import type { Json } from '../../../charts/values/model.ts';
import { byKind, envOf, named, podTemplate, workloads } from '../templates/rendered.ts';

/** What a key is set to, what has to be set besides so that it has something to act on, and what then is in the release. */
export interface SeedKey {
  readonly set: Json;
  readonly besides?: Readonly<Record<string, Json>>;
  readonly effect: (objects: KubeObject[]) => void;
}

const components: Readonly<Record<string, string>> = {
  kubescape: 'kubescape',
  operator: 'operator',
  gateway: 'gateway',
  kollector: 'kollector',
  kubevuln: 'kubevuln',
  kubescapeScheduler: 'kubescape-scheduler',
  kubevulnScheduler: 'kubevuln-scheduler',
};

const affinity = { nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [] } };
const toleration = { key: 'sample', operator: 'Exists' };
const volume = { name: 'sample', emptyDir: {} };
const mount = { name: 'sample', mountPath: '/sample' };
const sample = { 'example.com/sample': 'yes' };
const pem = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n';
const login = { registry: 'r.example.com', username: 'u', password: 'p', skipTlsVerify: true, insecure: true };
const backend = { server: 's', account: 'a', accessKey: 'k', clusterName: 'c' };

/** The keys that every component has. */
const ofComponent: Readonly<Record<string, { set: Json; effect: (pod: ReturnType<typeof podTemplate>) => void }>> = {
  affinity: { set: affinity, effect: ({ spec }) => expect(spec).toMatchObject({ affinity }) },
  nodeSelector: { set: sample, effect: ({ spec }) => expect(spec.nodeSelector).toMatchObject(sample) },
  podAnnotations: { set: sample, effect: ({ metadata }) => expect(metadata.annotations).toMatchObject(sample) },
  podLabels: { set: sample, effect: ({ metadata }) => expect(metadata.labels).toMatchObject(sample) },
  volumes: { set: [volume], effect: ({ spec }) => expect(spec.volumes).toContainEqual(volume) },
  volumeMounts: { set: [mount], effect: ({ spec }) => expect(spec.containers[0].volumeMounts).toContainEqual(mount) },
  'env[0]': {
    set: [{ name: 'SAMPLE', value: '1' }],
    effect: ({ spec }) => expect(spec.containers[0].env).toContainEqual({ name: 'SAMPLE', value: '1' }),
  },
  'image.repository': {
    set: 'registry.example.com/sample',
    effect: ({ spec }) => expect(spec.containers[0].image).toBe('registry.example.com/sample:0.1.0'),
  },
};

/** What is seen in each pod; that of `helm test` is nobody's workload. */
const everyPod = (see: (pod: ReturnType<typeof podTemplate>) => unknown, wanted: object) => (objects: KubeObject[]) => {
  for (const { pod, component } of workloads(objects))
    if (component !== 'helm-test') expect({ component, seen: see(pod) }).toMatchObject({ seen: wanted });
};
const schedule = (component: string) => (objects: KubeObject[]) =>
  expect(named(objects, 'CronJob', component)['spec']).toMatchObject({ schedule: '17 3 * * *' });
const noCronJob = (name: string) => (objects: KubeObject[]) =>
  expect(byKind(objects, 'CronJob').map(({ metadata }) => metadata.name)).not.toContain(name);
const secret = (objects: KubeObject[], name: string, key: string): string => {
  const { data } = named(objects, 'Secret', name) as unknown as { data: Record<string, string> };
  return Buffer.from(data[key] ?? '', 'base64').toString();
};
const cloud = (key: string, env: string): SeedKey => ({
  set: 'sample',
  effect: (objects) => {
    expect(secret(objects, 'cloud-provider-metadata', key)).toBe('sample');
    expect(podTemplate(objects, 'kubescape').spec.containers[0].env).toContainEqual({
      name: env,
      valueFrom: { secretKeyRef: { name: 'cloud-provider-metadata', key } },
    });
  },
});
const annotated = (annotation: string): SeedKey => ({
  set: 'sample',
  effect: (objects) => {
    for (const account of ['operator', 'kubescape', 'kubevuln', 'kollector'])
      expect(named(objects, 'ServiceAccount', account).metadata.annotations?.[annotation]).toBe('sample');
  },
});
const registryLogin = (field: string, written: string): SeedKey => ({
  set: [login],
  effect: (objects) => {
    const [given] = JSON.parse(secret(objects, 'kubescape-registry-scan-secrets', 'registriesAuth')) as [
      Record<string, unknown>,
    ];
    expect(given[written]).toBe((login as Record<string, unknown>)[field]);
  },
});
const caFile = (objects: KubeObject[]) => envOf(objects, 'kubevuln')['KSO_CA_FILE'];

const particular: Readonly<Record<string, SeedKey>> = {
  addRevisionLabel: {
    set: true,
    effect: everyPod(({ metadata }) => metadata.annotations, { 'helm.sh/revision': '1' }),
  },
  triggerNewImageScan: {
    set: 'false',
    effect: (objects) => expect(envOf(objects, 'kollector')['KSO_KOLLECTOR_TRIGGER_NEW_IMAGE_SCAN']).toBe('false'),
  },
  volumes: {
    set: [volume],
    effect: everyPod(({ spec }) => spec.volumes?.find(({ name }) => name === volume.name), volume),
  },
  volumeMounts: {
    set: [mount],
    effect: everyPod(({ spec }) => spec.containers[0].volumeMounts?.find(({ name }) => name === mount.name), mount),
  },
  'global.extraCaCertificates.enabled': {
    set: true,
    besides: { global: { extraCaCertificates: { secretName: 'ca' } } },
    effect: (objects) => expect(caFile(objects)).toBe('/etc/ssl/extra-ca'),
  },
  'global.extraCaCertificates.secretName': {
    set: 'corporate-ca',
    besides: { global: { extraCaCertificates: { enabled: true, secretName: 'another' } } },
    effect: (objects) =>
      expect(JSON.stringify(podTemplate(objects, 'kubevuln'))).toContain('"secretName":"corporate-ca"'),
  },
  'global.httpsProxy': {
    set: 'http://proxy.example.com:3128',
    effect: (objects) =>
      expect(envOf(objects, 'kubevuln')).toMatchObject({ HTTPS_PROXY: 'http://proxy.example.com:3128' }),
  },
  'global.networkPolicy.enabled': {
    set: true,
    effect: (objects) => expect(byKind(objects, 'NetworkPolicy').length).toBeGreaterThan(5),
  },
  'global.networkPolicy.createEgressRules': {
    set: true,
    besides: { global: { networkPolicy: { enabled: true } } },
    effect: (objects) =>
      expect(named(objects, 'NetworkPolicy', 'operator')['spec']).toMatchObject({ policyTypes: ['Ingress', 'Egress'] }),
  },
  'global.overrideDefaultCaCertificates.caCertificates': {
    set: pem,
    besides: { global: { overrideDefaultCaCertificates: { enabled: true, caCertificates: 'another' } } },
    effect: (objects) => expect(secret(objects, 'custom-ca-certificates', 'ca-certificates.crt')).toBe(pem),
  },
  'global.overrideDefaultCaCertificates.enabled': {
    set: true,
    besides: { global: { overrideDefaultCaCertificates: { caCertificates: pem } } },
    effect: (objects) => expect(caFile(objects)).toBe('/etc/ssl/certs/ca-certificates.crt'),
  },
  'global.proxySecretFile': {
    set: pem,
    effect: (objects) => expect(secret(objects, 'kubescape-proxy-certificate', 'proxy.crt')).toBe(pem),
  },
  'customScheduling.affinity': {
    set: affinity,
    effect: everyPod(({ spec }) => spec, { affinity }),
  },
  'customScheduling.nodeSelector': {
    set: sample,
    effect: everyPod(({ spec }) => spec.nodeSelector, sample),
  },
  'customScheduling.tolerations': {
    set: [toleration],
    effect: everyPod(({ spec }) => spec.tolerations, [toleration]),
  },
  'credentials.cloudSecret': {
    set: 'mine',
    effect: (objects) => expect(JSON.stringify(podTemplate(objects, 'operator'))).toContain('"secretName":"mine"'),
  },
  awsIamRoleArn: annotated('eks.amazonaws.com/role-arn'),
  'cloudProviderMetadata.gkeServiceAccount': annotated('iam.gke.io/gcp-service-account'),
  'cloudProviderMetadata.cloudRegion': cloud('cloudRegion', 'KS_CLOUD_REGION'),
  'cloudProviderMetadata.gkeProject': cloud('gkeProject', 'KS_GKE_PROJECT'),
  'cloudProviderMetadata.aksSubscriptionID': cloud('aksSubscriptionID', 'AZURE_SUBSCRIPTION_ID'),
  'cloudProviderMetadata.aksResourceGroup': cloud('aksResourceGroup', 'AZURE_RESOURCE_GROUP'),
  'cloudProviderMetadata.aksTenantID': cloud('aksTenantID', 'AZURE_TENANT_ID'),
  'cloudProviderMetadata.aksClientID': cloud('aksClientID', 'AZURE_CLIENT_ID'),
  'cloudProviderMetadata.aksClientSecret': cloud('aksClientSecret', 'AZURE_CLIENT_SECRET'),
  'cloudProviderMetadata.secretRef.name': {
    set: 'theirs',
    besides: { cloudProviderMetadata: { secretRef: { cloudRegionKey: 'region' } } },
    effect: (objects) =>
      expect(podTemplate(objects, 'kubescape').spec.containers[0].env).toContainEqual({
        name: 'KS_CLOUD_REGION',
        valueFrom: { secretKeyRef: { name: 'theirs', key: 'region' } },
      }),
  },
  'imageScanning.privateRegistries.credentials': registryLogin('registry', 'registry'),
  'imageScanning.privateRegistries.credentials.registry': registryLogin('registry', 'registry'),
  'imageScanning.privateRegistries.credentials.username': registryLogin('username', 'username'),
  'imageScanning.privateRegistries.credentials.password': registryLogin('password', 'password'),
  'imageScanning.privateRegistries.credentials.skipTlsVerify': registryLogin('skipTlsVerify', 'skipTLSVerify'),
  'imageScanning.privateRegistries.credentials.insecure': registryLogin('insecure', 'http'),
  'kubescape.serviceMonitor.enabled': {
    set: true,
    effect: (objects) => expect(named(objects, 'ServiceMonitor', 'kubescape-monitor')).toBeDefined(),
  },
  'kubescape.labels': {
    set: sample,
    effect: (objects) => expect(podTemplate(objects, 'kubescape').metadata.labels).toMatchObject(sample),
  },
  'kubescape.submit': {
    set: false,
    besides: backend,
    effect: (objects) => expect(JSON.stringify(objects)).not.toContain('https://s"'),
  },
  'kubevuln.config.grypeDbListingURL': {
    set: 'https://mirror.example.com/databases',
    effect: (objects) =>
      expect(JSON.stringify(named(objects, 'ConfigMap', 'ks-cloud-config'))).toContain(
        String.raw`\"listingURL\": \"https://mirror.example.com/databases\"`,
      ),
  },
  'kubescapeScheduler.enabled': { set: false, effect: noCronJob('kubescape-scheduler') },
  'kubevulnScheduler.enabled': { set: false, effect: noCronJob('kubevuln-scheduler') },
  'kubescapeScheduler.scanSchedule': { set: '17 3 * * *', effect: schedule('kubescape-scheduler') },
  'kubevulnScheduler.scanSchedule': { set: '17 3 * * *', effect: schedule('kubevuln-scheduler') },
  'kubescapeScheuler.podAnnotations': {
    set: sample,
    effect: (objects) => expect(podTemplate(objects, 'kubescape-scheduler').metadata.annotations).toMatchObject(sample),
  },
  'kubescapeScheuler.podLabels': {
    set: sample,
    effect: (objects) => expect(podTemplate(objects, 'kubescape-scheduler').metadata.labels).toMatchObject(sample),
  },
};

/** Undefined for a key that has no effect in this version: its answer is a note. */
export function seedKey(key: string): SeedKey | undefined {
  const [head = '', ...rest] = key.split('.');
  const component = components[head];
  const common = component === undefined ? undefined : ofComponent[rest.join('.')];
  if (common === undefined || component === undefined) return particular[key];
  const { set, effect } = common;
  // A mount needs its volume, and a volume is of no use without a mount: each is looked at for itself.
  return { set, effect: (objects) => effect(podTemplate(objects, component)) };
}
