import { alias, deprecated, type Group, noted, optional, pending, unread, value } from '../model.ts';
import * as t from '../types.ts';

const http = (tag: string) => ({ repository: 'quay.io/kubescape/http-request', tag, pullPolicy: 'IfNotPresent' });
const formerImages = {
  urlDiscovery: [http('v0.2.2'), http('v0.2.11')],
  configMapUpdate: [
    { repository: 'bitnami/kubectl', tag: '1.27.5', pullPolicy: 'IfNotPresent' },
    { repository: 'quay.io/kubescape/kubectl', tag: '1.30.3', pullPolicy: 'IfNotPresent' },
  ],
} as const;

export const backend: Group = {
  title: 'Backend and credentials',
  intro:
    'No account is needed: without server everything stays in the cluster, and reports go to the cloud-endpoint of the release.',
  values: [
    value('server', t.text, '', 'Host of the API of a backend outside; empty for none'),
    value('account', t.text, '', 'Tenant at the backend'),
    value('accessKey', t.text, '', 'Key of the tenant; better in a Secret named by credentials.cloudSecret'),
    value('credentials.cloudSecret', t.secretName, '', 'Existing Secret with the keys account and accessKey'),
    value(
      'serviceDiscovery.services',
      { type: ['string', 'object', 'null'] },
      '',
      'Addresses of the backend, instead of asking for them: the document of service discovery',
    ),
    value('serviceDiscovery.metrics', t.text, '', 'Address of the telemetry of the backend, instead of asking for it'),
    pending('serviceDiscovery.urlDiscovery.insecureSkipTLSVerify', t.flag, 'Do not check the certificate when asking', [
      false,
    ]),
    value('configurations.otelUrl', t.text, '', 'Receiver of OTLP, host:port or URL, for all components'),
    value(
      'configurations.prometheusAnnotations',
      t.capability,
      'disable',
      'Put scrape annotations on pods with metrics',
    ),
    deprecated('clientID', t.text, 'accessKey', 'Client id of old accounts'),
    deprecated('secretKey', t.text, 'accessKey', 'Secret of old accounts'),
    alias('configuration.prometheusAnnotations', t.capability, 'configurations.prometheusAnnotations', {
      former: ['disable', false],
    }),
    noted('serviceDiscovery.forceDisabled', t.looseFlag, 'Nothing asks for addresses where they are given', [false]),
    alias('kubescape.urls.api', t.text, 'server', { former: [''] }),
    optional('kubescape.urls.report', t.text, 'Address for reports, instead of the discovered one'),
    noted('kubescape.urls.auth', t.text, 'The backend needs no other address than server', ['']),
    noted('kubescape.urls.ui', t.text, 'The backend needs no other address than server', ['']),
    alias('kubescape.submit', t.looseFlag, 'server', { conversion: 'emptyIfFalse', former: [true] }),
    alias('global.keepLocal', t.looseFlag, 'server', { conversion: 'emptyIfTrue', former: [false] }),
    alias('global.cloudSecret', t.secretName, 'credentials.cloudSecret', { former: [''] }),
    ...discoveryJob(),
  ],
};

function discoveryJob() {
  const note = 'The operator asks for the addresses itself; there is no Job';
  const at = (name: string) => `serviceDiscovery.${name}`;
  return [
    noted(at('name'), t.text, note, ['service-discovery']),
    noted(at('nodeSelector'), t.stringMap, note, [{ 'kubernetes.io/os': 'linux' }]),
    noted(at('podAnnotations'), t.stringMap, note, [{}]),
    noted(at('podLabels'), t.stringMap, note, [{}]),
    noted(at('resources'), t.resources, note, [
      { requests: { cpu: '10m', memory: '10Mi' }, limits: { cpu: '100m', memory: '50Mi' } },
    ]),
    ...(['urlDiscovery', 'configMapUpdate'] as const).flatMap((part) => [
      noted(at(`${part}.name`), t.text, note, ['url-discovery', 'update-configmap']),
      noted(at(`${part}.image`), t.image, note, formerImages[part]),
    ]),
  ];
}

const secretKeys = [
  'cloudRegion',
  'gkeProject',
  'subscriptionId',
  'resourceGroup',
  'clientId',
  'clientSecret',
  'tenantId',
];

export const cloud: Group = {
  title: 'Cloud provider',
  values: [
    unread(value('cloudProviderMetadata.cloudRegion', t.text, '', 'Region of the cluster')),
    value('cloudProviderMetadata.awsIamRoleArn', t.text, '', 'IAM role of the ServiceAccounts on EKS'),
    value(
      'cloudProviderMetadata.gkeServiceAccount',
      t.text,
      '',
      'Google service account of the ServiceAccounts on GKE',
    ),
    unread(value('cloudProviderMetadata.gkeProject', t.text, '', 'Project of GKE')),
    unread(value('cloudProviderMetadata.aksSubscriptionID', t.text, '', 'Subscription of AKS')),
    unread(value('cloudProviderMetadata.aksResourceGroup', t.text, '', 'Resource group of AKS')),
    unread(value('cloudProviderMetadata.aksClientID', t.text, '', 'Client id of Azure')),
    unread(value('cloudProviderMetadata.aksClientSecret', t.text, '', 'Client secret of Azure; kept in a Secret')),
    unread(value('cloudProviderMetadata.aksTenantID', t.text, '', 'Tenant of Azure')),
    value('cloudProviderMetadata.azureWorkloadIdentityClientID', t.text, '', 'Client id of workload identity on AKS'),
    value(
      'cloudProviderMetadata.secretRef.name',
      t.secretName,
      '',
      'Secret with provider data; a key that is not named there is taken from the values above',
    ),
    ...secretKeys.map((key) =>
      value(`cloudProviderMetadata.secretRef.${key}Key`, t.text, '', `Key of that Secret with ${key}`),
    ),
    alias('awsIamRoleArn', t.text, 'cloudProviderMetadata.awsIamRoleArn'),
  ],
};

export const images: Group = {
  title: 'Images',
  intro:
    'All own components run one image. Image blocks under quay.io/kubescape, as files of the former charts have them, are left aside with a note.',
  values: [
    value('image.registry', t.text, '', 'Registry of the suite image'),
    value('image.repository', t.text, 'kubescape-operator', 'Repository of the suite image'),
    value('image.tag', t.looseText, '', 'Tag of the suite image; empty: appVersion of the chart'),
    value('image.digest', { $ref: '#/definitions/digest' }, '', 'Digest of the suite image; wins over the tag'),
    value('image.pullPolicy', { $ref: '#/definitions/pullPolicy' }, 'IfNotPresent', 'When nodes pull images'),
    value(
      'enginesImage.registry',
      t.text,
      '',
      'Registry of the suite image with engines, which kubevuln, its workers and the compact profile run',
    ),
    value(
      'enginesImage.repository',
      t.text,
      'kubescape-operator-engines',
      'Repository of the suite image with engines',
    ),
    value('enginesImage.tag', t.looseText, '', 'Tag of the suite image with engines; empty: appVersion of the chart'),
    value(
      'enginesImage.digest',
      { $ref: '#/definitions/digest' },
      '',
      'Digest of the suite image with engines; wins over the tag',
    ),
    value(
      'imagePullSecrets',
      t.pullSecrets,
      '',
      'Pull secrets of all pods: a name, a list of names, or a list of {name}',
    ),
    value(
      'imagePullSecret.server',
      t.text,
      '',
      'Registry of a pull secret that the chart makes, under the name in imagePullSecrets',
    ),
    value('imagePullSecret.username', t.text, '', 'Its user'),
    value('imagePullSecret.password', t.text, '', 'Its password'),
    value('imagePullSecret.email', t.text, '', 'Its mail address'),
    value('global.imageRegistry', t.text, '', 'Registry in front of all repositories that have none: a mirror'),
    value(
      'global.allowUpstreamImages',
      t.flag,
      false,
      'For experiments: do not leave quay.io/kubescape images of own components aside',
    ),
    value(
      'imageScanning.privateRegistries.credentials',
      {
        type: ['array', 'null'],
        items: {
          type: 'object',
          required: ['registry'],
          additionalProperties: false,
          properties: {
            registry: { type: 'string', minLength: 1 },
            username: t.text,
            password: t.text,
            skipTlsVerify: { type: 'boolean' },
            insecure: { type: 'boolean' },
          },
        },
      },
      [],
      'Logins to registries for image scans, each {registry, username, password, skipTlsVerify, insecure}; kept in a Secret. Not needed where pods have pull secrets of their own',
    ),
    value(
      'imageScanning.privateRegistries.existingSecrets',
      t.strings,
      [],
      'Existing Secrets with logins (dockerconfigjson or registriesAuth)',
    ),
    value(
      'imageScanning.pullSecrets.enabled',
      t.flag,
      true,
      'Read the pull secrets of workloads and of their ServiceAccounts, to scan their images: gives the right to get any Secret by its name',
    ),
    value(
      'imageScanning.cloudIdentity.enabled',
      t.flag,
      true,
      'Log in with the identity of the pod where a registry of AWS, Google or Azure lets nobody in',
    ),
  ],
};

export const storageClasses: Group = {
  title: 'Volumes of the release',
  values: [
    value('persistence.storageClass', t.text, '-', 'Storage class of all PVCs; a dash: that of the cluster'),
    value(
      'persistence.accessMode',
      t.oneOf('ReadWriteOnce', 'ReadWriteOncePod', 'ReadWriteMany'),
      'ReadWriteOnce',
      'Access mode of all PVCs',
    ),
    value('persistence.accessModes', t.strings, [], 'Access modes as a list; wins over accessMode'),
    value(
      'persistence.annotations',
      t.stringMap,
      {},
      'Annotations of all PVCs but that of Redis, which its StatefulSet makes',
    ),
    value('persistence.keep', t.flag, true, 'Keep PVCs when the release is removed'),
    pending(
      'persistence.size.backingStorage',
      t.quantity,
      'Size of the PVC of the storage server; not part of this version',
      ['5Gi'],
    ),
    value('persistence.size.kubevuln', t.bytesQuantity, '5Gi', 'Size of the PVC of the vulnerability database'),
    value('configurations.persistence', t.capability, 'enable', 'disable: no PVC at all, everything in emptyDirs'),
    alias('persistence.enabled', t.looseFlag, 'configurations.persistence', { conversion: 'switch', former: [true] }),
  ],
};

export const network: Group = {
  title: 'Network, proxies, certificates',
  values: [
    value(
      'global.httpsProxy',
      t.proxyUrl,
      '',
      'Proxy with scheme and port, for all services and the programs they start',
    ),
    value('global.httpProxy', t.proxyUrl, '', 'Proxy for plain HTTP; by default that of httpsProxy'),
    value('global.noProxy', t.text, '', 'Added to the list of what is reached directly'),
    value('global.proxySecretFile', t.text, '', 'Certificate of the proxy, PEM or base64 of it'),
    value('global.proxySecretName', t.secretName, 'kubescape-proxy-certificate', 'Secret for that certificate'),
    value('global.overrideDefaultCaCertificates.enabled', t.flag, false, 'Trust only the bundle below'),
    value('global.overrideDefaultCaCertificates.caCertificates', t.text, '', 'Bundle in PEM'),
    value('global.extraCaCertificates.enabled', t.flag, false, 'Trust the certificates of a Secret too'),
    value('global.extraCaCertificates.secretName', t.secretName, '', 'That Secret; each key is a file'),
    value('global.networkPolicy.enabled', t.flag, false, 'Create NetworkPolicies'),
    value('global.networkPolicy.createEgressRules', t.flag, false, 'Also for what goes out'),
    value('global.networkPolicy.apiServerIP', t.ip, '', 'Address of the API server'),
    value('global.networkPolicy.apiServerCIDRs', t.cidrs, [], 'Addresses of the API server as ranges'),
    value('global.networkPolicy.apiServerPort', t.port, 443, 'Port of the API server'),
    value(
      'global.networkPolicy.apiServerPorts',
      { type: ['array', 'null'], items: t.port },
      [443, 6443],
      'Ports of the API server; apiServerPort is added',
    ),
    value(
      'global.networkPolicy.httpsProxyIP',
      t.text,
      '',
      'Address of the proxy; without one the ports of httpsProxy and httpProxy are open to all addresses',
    ),
    value(
      'global.networkPolicy.httpsProxyPort',
      { type: ['string', 'integer', 'null'] },
      '',
      'Port of the proxy; by default all of that address',
    ),
    value('global.networkPolicy.dns.namespace', t.name, 'kube-system', 'Namespace of the DNS server'),
    value('global.networkPolicy.dns.podLabels', t.stringMap, { 'k8s-app': 'kube-dns' }, 'Labels of its pods'),
    value('global.networkPolicy.dns.ports', { type: ['array', 'null'], items: t.port }, [53], 'Its ports, UDP and TCP'),
    value(
      'global.networkPolicy.dns.extraPeers',
      t.objects,
      [],
      'More places of DNS servers, as peers of a NetworkPolicy',
    ),
    value('global.networkPolicy.extraEgress', t.object, {}, 'More rules for what goes out, by name of the component'),
    value(
      'global.networkPolicy.metricsFrom',
      t.objects,
      [],
      'Who may scrape metrics, as peers of a NetworkPolicy; empty: nobody',
    ),
  ],
};

export const platform: Group = {
  title: 'Platform and rights',
  values: [
    value(
      'global.openshift.enabled',
      t.autoFlag,
      'auto',
      'auto: by the APIs of the cluster. On OpenShift fixed user ids are left out',
    ),
    value('global.openshift.scc.enabled', t.flag, false, 'Bind security context constraints'),
    value(
      'global.enableClusterWideSecretAccess',
      t.flag,
      false,
      'Let operator and scanner read all Secrets. Off, controls about Secrets are not evaluated',
    ),
    pending('global.overrideRuntimePath', t.text, 'Path of the container runtime on nodes, below /host', ['']),
    value(
      'global.addRevisionLabel',
      t.looseFlag,
      false,
      'Label pods with the revision, so that each upgrade restarts them all',
    ),
    value('global.namespaceTier', t.label, 'ks-control-plane', 'Value of the label tier'),
    value('global.cloudConfig', t.name, 'ks-cloud-config', 'Name of the ConfigMap with clusterData'),
    value(
      'global.maxOldSpacePercentage',
      { type: ['number', 'null'], exclusiveMinimum: 0, maximum: 1 },
      0.75,
      'Share of the memory limit for the heap of a service',
    ),
    value(
      'crds.install',
      t.flag,
      true,
      'Render the CRDs of the capabilities that are on; off where somebody else has installed them',
    ),
    value('crds.keep', t.flag, true, 'Keep CRDs and their objects when the release is removed'),
    pending('alertCRD.installDefault', t.flag, 'Install the default runtime rules; not part of this version', [false]),
    pending('alertCRD.scopeClustered', t.flag, 'Bindings of runtime rules are cluster-scoped', [true]),
    pending('alertCRD.scopeNamespaced', t.flag, 'Bindings of runtime rules are namespaced; not both', [false]),
    noted('global.capabilitiesConfig', t.text, 'The name is always ks-capabilities', ['ks-capabilities']),
    noted('global.configMapsDirectory', t.text, 'Checksums need no folder', ['configs']),
    noted('global.proxySecretDirectory', t.text, 'Checksums need no folder', ['proxy-support']),
    noted(
      'global.kubescapePsp.enabled',
      t.looseFlag,
      'Pod Security is set by labels of the namespace: kubectl label namespace NAME pod-security.kubernetes.io/enforce=restricted',
      [false],
    ),
    noted('global.kubescapePsp.name', t.text, 'There are no PodSecurityPolicies any more', ['ks-allow-privileged']),
  ],
};
