import { resourcesOf } from '../component.ts';
import { type Group, type Json, noted, pending, type Value } from '../model.ts';
import * as t from '../types.ts';

const image = (...former: readonly Json[]) => [t.image, 'Image', former] as const;
const linux = [{ 'kubernetes.io/os': 'linux' }, { 'kubernetes.io/os': 'linux', 'kubernetes.io/arch': 'amd64' }];
const upstream = (name: string, ...tags: string[]): Json[] =>
  tags.map((tag) => ({ repository: `quay.io/kubescape/${name}`, tag, pullPolicy: 'IfNotPresent' }));

type Entry = readonly [schema: Value['schema'], description: string, former?: readonly Json[]];

/** The keys of a part that does not exist yet. */
function part(key: string, entries: Readonly<Record<string, Entry>>): Value[] {
  return Object.entries(entries).map(([name, [schema, description, former = []]]) =>
    pending(`${key}.${name}`, schema, description, former),
  );
}

const pod = (name: string): Record<string, Entry> => ({
  name: [t.name, 'Name of its objects', [name]],
  replicaCount: [t.integer(0), 'Pods', [1]],
  env: [
    t.env,
    'More environment variables',
    [[], {}, [{ name: 'NodeName', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } }]],
  ],
  envFrom: [t.objects, 'More environment', [[]]],
  nodeSelector: [t.stringMap, 'Labels of nodes it may run on', linux],
  affinity: [t.object, 'Affinity', [{}, linuxOnly]],
  tolerations: [t.tolerations, 'Tolerations', [[], controlPlane]],
  topologySpreadConstraints: [t.objects, 'Spread', [[]]],
  priorityClassName: [t.text, 'Priority class', ['']],
  podLabels: [t.stringMap, 'More labels of its pods', [{}]],
  podAnnotations: [t.stringMap, 'More annotations of its pods', [{}]],
  volumes: [t.objects, 'More volumes', [[]]],
  volumeMounts: [t.objects, 'More mounts', [[]]],
});

const linuxOnly = {
  nodeAffinity: {
    requiredDuringSchedulingIgnoredDuringExecution: {
      nodeSelectorTerms: [{ matchExpressions: [{ key: 'kubernetes.io/os', operator: 'In', values: ['linux'] }] }],
    },
  },
};
const controlPlane = ['control-plane', 'master'].map((role) => ({
  key: `node-role.kubernetes.io/${role}`,
  operator: 'Exists',
  effect: 'NoSchedule',
}));
const sizes = (cpu: readonly [string, string], memory: readonly [string, string]): Entry => [
  t.resources,
  'Requests and limits',
  [resourcesOf({ cpu, memory })],
];

const ports = (port: number): Record<string, Entry> => ({
  'service.type': [t.text, 'Type of the Service', ['ClusterIP']],
  'service.port': [t.port, 'Port of the Service', [port]],
  'service.targetPort': [t.port, 'Port the container listens on', [port]],
  'service.protocol': [t.text, 'Protocol', ['TCP']],
  'service.annotations': [t.stringMap, 'Annotations of the Service', [{}]],
});

const monitor: Record<string, Entry> = {
  'serviceMonitor.enabled': [t.flag, 'Create a ServiceMonitor', [false]],
  'serviceMonitor.interval': [t.duration, 'Pause between two scrapes', ['30s', '60s']],
  'serviceMonitor.scrapeTimeout': [t.duration, 'Time limit of a scrape', ['15s']],
  'serviceMonitor.additionalLabels': [t.stringMap, 'Labels by which Prometheus finds it', [{}]],
};

const queues: Record<string, readonly [length: number, workers: number, size: number]> = {
  applicationprofiles: [50, 2, 20000000],
  containerprofiles: [50, 2, 2500000],
  networkneighborhoods: [50, 2, 10000000],
  openvulnerabilityexchangecontainers: [50, 1, 500000],
  sbomsyftfiltereds: [50, 1, 50000000],
  sbomsyfts: [50, 1, 100000000],
  vulnerabilitymanifests: [50, 1, 50000000],
};

const kindQueues = Object.fromEntries(
  Object.entries(queues).flatMap(([kind, [length, workers, size]]) => [
    [`kindQueues.${kind}.queueLength`, [t.integer(1), 'Writes that may wait', [length]]],
    [`kindQueues.${kind}.workerCount`, [t.integer(1), 'Writes at once', [workers]]],
    [`kindQueues.${kind}.maxObjectSize`, [t.bytes, 'Bytes of the largest object', [size]]],
  ]),
) as Record<string, Entry>;

export const storage: Group = {
  title: 'storage: aggregated API (not part of this version)',
  values: [
    ...part('storage', {
      enabled: [t.flag, 'Run the storage server', [true, false]],
      ...pod('storage'),
      replicaCount: [t.integer(0, 1), 'Pods: one or none', [1]],
      image: image(...upstream('storage', 'v0.0.18', 'v0.0.185', 'v0.0.297', 'v0.0.298')),
      resources: [
        t.resources,
        'Requests and limits',
        [
          resourcesOf({ cpu: ['50m', '150m'], memory: ['400Mi', '1500Mi'] }),
          resourcesOf({ cpu: ['100m', '1500m'], memory: ['400Mi', '1500Mi'] }),
        ],
      ],
      labels: [
        t.stringMap,
        'Labels',
        [
          {
            'app.kubernetes.io/name': 'storage',
            'app.kubernetes.io/component': 'apiserver',
            'app.kubernetes.io/part-of': 'kubescape-storage',
          },
        ],
      ],
      'service.type': [t.text, 'Type of the Service', ['ClusterIP']],
      'service.annotations': [t.stringMap, 'Annotations of the Service', [{}]],
      'persistence.existingClaim': [t.name, 'An existing PVC', ['']],
      hostNetwork: [t.flag, 'Run on the network of the node', [false]],
      serverPort: [t.port, 'Port of the API', [8443]],
      cleanupInterval: [t.duration, 'Pause between two clean-ups', ['6h']],
      disableVirtualCRDs: [t.looseFlag, 'Without the computed kinds', [false]],
      forceVirtualCrds: [t.looseFlag, 'Keep the computed kinds with a backend'],
      queueManagerEnabled: [t.flag, 'Queue writes by kind', [true]],
      defaultQueueLength: [t.integer(1), 'Writes that may wait', [100]],
      defaultWorkerCount: [t.integer(1), 'Writes at once', [2]],
      defaultMaxObjectSize: [t.bytes, 'Bytes of the largest object', [400000]],
      ...kindQueues,
      'mtls.enabled': [t.flag, 'Serve with a certificate that the API server checks', [true]],
      'mtls.certificateValidityInDays': [t.integer(1), 'Days a certificate is valid', [730]],
      'mtls.certgen.retries': [t.integer(0), 'Tries to set the certificate', [60]],
      'mtls.certgen.retryIntervalSeconds': [t.integer(0), 'Pause between them', [5]],
    }),
    noted('storage.initImage.repository', t.text, 'Volumes need no other image', ['']),
    ...part('certificates', {
      strategy: [
        t.oneOf('self', 'template', 'initContainer', 'certManager', 'secret'),
        'Who makes the certificates of storage and webhook',
        ['self', 'template', 'initContainer'],
      ],
      duration: [t.duration, 'How long a certificate is valid', ['8760h']],
      renewBefore: [t.duration, 'How long before its end it is renewed', ['720h']],
      'certManager.issuerRef': [t.object, 'Issuer of cert-manager', [{}]],
      'secret.storage': [t.secretName, 'Existing Secret of the storage server', ['']],
      'secret.webhook': [t.secretName, 'Existing Secret of the webhook', ['']],
    }),
    noted('certificates.certgen.image', t.image, 'Certificates need no other image', upstream('kubectl', '1.36.1')),
  ],
};

const nodeAgentConfig: Record<string, Entry> = {
  learningPeriod: [t.duration, 'Delay before the first profile', ['2m']],
  maxLearningPeriod: [t.duration, 'Longest time a container is watched', ['24h', '3h']],
  updatePeriod: [t.duration, 'Pause between profiles', ['10m']],
  nodeProfileInterval: [t.duration, 'Pause between profiles of nodes', ['10m']],
  networkStreamingInterval: [t.duration, 'Pause between network events', ['2m']],
  prometheusExporter: [t.capability, 'Serve metrics', ['disable']],
  'httpExporterConfig.url': [t.text, 'Where alerts are posted', ['http://synchronizer:8089/apis/v1/kubescape.io']],
  'httpExporterConfig.maxAlertsPerMinute': [t.integer(0), 'Alerts a minute', [1000]],
  'httpExporterConfig.method': [t.text, 'Method of the posts', ['POST']],
  alertManagerExporterUrls: [t.strings, 'Alertmanagers', [[]]],
  stdoutExporter: [t.looseFlag, 'Print alerts', [true]],
  syslogExporterURL: [t.text, 'Syslog', ['']],
  skipKernelVersionCheck: [t.looseFlag, 'Start on old kernels', [false]],
  malwareScanAllFiles: [t.looseFlag, 'Look at all files', [false]],
  hostMalwareSensor: [t.capability, 'Malware on the node', ['disable']],
  hostNetworkSensor: [t.capability, 'Network of the node', ['disable']],
  'hostSensor.enabled': [t.flag, 'Configuration of the node', [true]],
  'hostSensor.interval': [t.duration, 'Pause between two looks', ['5m']],
  'ruleCooldown.ruleCooldownDuration': [t.duration, 'Silence after an alert', ['1h']],
  'ruleCooldown.ruleCooldownAfterCount': [t.integer(0), 'Alerts before the silence', [1]],
  'ruleCooldown.ruleCooldownOnProfileFailure': [t.flag, 'Also without a profile', [true]],
  'ruleCooldown.ruleCooldownMaxSize': [t.integer(0), 'Alerts that are remembered', [20000]],
  'alertDeduplication.bypass': [t.flag, 'No suppression at all', [false]],
};

const autoscaler: Record<string, Entry> = {
  enabled: [t.flag, 'One DaemonSet for each group of nodes', [false]],
  nodeGroupLabel: [t.text, 'Label that makes the groups', ['node.kubernetes.io/instance-type']],
  'resourcePercentages.requestCPU': [t.integer(0, 100), 'Percent of the node', [2]],
  'resourcePercentages.requestMemory': [t.integer(0, 100), 'Percent of the node', [2]],
  'resourcePercentages.limitCPU': [t.integer(0, 100), 'Percent of the node', [5]],
  'resourcePercentages.limitMemory': [t.integer(0, 100), 'Percent of the node', [5]],
  'minResources.cpu': [t.quantity, 'Lower bound', ['100m']],
  'minResources.memory': [t.quantity, 'Lower bound', ['180Mi']],
  'maxResources.cpu': [t.quantity, 'Upper bound', ['2000m']],
  'maxResources.memory': [t.quantity, 'Upper bound', ['4Gi']],
  reconcileInterval: [t.duration, 'Pause between two looks', ['5m']],
  bottlerocketAutoDetect: [t.flag, 'Set the SELinux type on Bottlerocket', [true]],
};

const below = (key: string, entries: Record<string, Entry>): Record<string, Entry> =>
  Object.fromEntries(Object.entries(entries).map(([name, entry]) => [`${key}.${name}`, entry]));

export const nodeAgent: Group = {
  title: 'nodeAgent, clamav: what runs on the nodes (not part of this version)',
  values: [
    ...part('nodeAgent', {
      ...pod('node-agent'),
      image: image(...upstream('node-agent', 'v0.1.103', 'v0.2.331', 'v0.3.158')),
      resources: [
        t.resources,
        'Requests and limits',
        [
          resourcesOf({ cpu: ['100m', '500m'], memory: ['180Mi', '700Mi'] }),
          resourcesOf({ cpu: ['100m', '500m'], memory: ['180Mi', '1400Mi'] }),
        ],
      ],
      gomemlimitPercentage: [{ type: 'number' }, 'Share of the memory limit for the heap', [0.8]],
      privileged: [t.flag, 'Run privileged', [false]],
      seLinuxType: [t.text, 'SELinux type', ['spc_t']],
      ...below('config', nodeAgentConfig),
      ...below('autoscaler', autoscaler),
      ...monitor,
      'gke.allowlist.enabled': [t.flag, 'Use an allowlist of GKE Autopilot', [false]],
      'gke.allowlist.name': [
        t.text,
        'Its name',
        ['armo-kubescape-node-agent-1.40-v2', 'armo-kubescape-node-agent-1.27'],
      ],
      'gke.allowlist.path': [t.text, 'Its path', ['']],
      'multipleDaemonSets.enabled': [t.flag, 'Several DaemonSets', [false]],
      'multipleDaemonSets.configurations': [t.objects, 'Node selector and resources of each', [[]]],
      'startupJitterContainer.enabled': [t.flag, 'Wait a random time at start', [false]],
      'startupJitterContainer.maxStartupJitter': [t.integer(0), 'Seconds at most', [60]],
      'startupJitterContainer.image': [t.image, 'Former image', [{ repository: 'busybox', tag: 'latest' }]],
      'sbomScanner.enabled': [t.flag, 'Make SBOMs in a container of their own', [false]],
      'sbomScanner.name': [t.name, 'Name of that container', ['sbom-scanner']],
      'sbomScanner.image': image(...upstream('node-agent', '')),
      'sbomScanner.command': [t.strings, 'Former program', [['/usr/bin/sbom-scanner']]],
      'sbomScanner.resources': sizes(['50m', '1000m'], ['256Mi', '4Gi']),
      'sbomScanner.volumes': [t.objects, 'Volumes'],
      'sbomScanner.volumeMounts': [t.objects, 'Mounts'],
    }),
    ...part('clamav', {
      name: [t.name, 'Name of the container', ['clamav']],
      image: image(...upstream('klamav', '1.3.1-34_alpha')),
      resources: sizes(['100m', '300m'], ['256Mi', '512Mi']),
      volumes: [t.objects, 'Volumes'],
      volumeMounts: [t.objects, 'Mounts'],
    }),
    noted('clamav.affinity', t.object, 'A container has no affinity', [linuxOnly]),
    noted('clamav.nodeSelector', t.stringMap, 'A container has no node selector', linux),
    ...hostScanner(),
  ],
};

function hostScanner(): Value[] {
  const note = 'The node agent does this, once it is part of this chart';
  const at = (name: string) => `hostScanner.${name}`;
  return [
    noted(at('name'), t.name, note, ['host-scanner']),
    noted(at('image'), t.image, note, upstream('host-scanner', 'v1.0.66', 'v1.0.73')),
    noted(at('affinity'), t.object, note, [{}]),
    noted(at('nodeSelector'), t.stringMap, note, linux),
    noted(at('resources'), t.resources, note, [
      { requests: { cpu: '0.1m', memory: '200Mi' }, limits: { cpu: '0.4m', memory: '400Mi' } },
    ]),
    pending(at('tolerations'), t.tolerations, 'Tolerations of the node agent', [[], controlPlane]),
    pending(at('volumes'), t.objects, 'Volumes of the node agent', [[]]),
    pending(at('volumeMounts'), t.objects, 'Mounts of the node agent', [[]]),
  ];
}

export const others: Group = {
  title: 'synchronizer, prometheusExporter, helmReleaseUpgrader (not part of this version)',
  values: [
    ...part('synchronizer', {
      ...pod('synchronizer'),
      image: image(...upstream('synchronizer', 'v0.0.110', 'v0.0.155')),
      resources: sizes(['100m', '200m'], ['250Mi', '500Mi']),
      ...ports(8089),
    }),
    ...part('prometheusExporter', {
      ...pod('prometheus-exporter'),
      image: image(...upstream('prometheus-exporter', 'v0.2.4', 'v0.2.11', 'v0.2.22')),
      resources: sizes(['10m', '50m'], ['10Mi', '100Mi']),
      ...ports(8080),
      ...monitor,
      enableWorkloadMetrics: [t.flag, 'One series for each workload', [false]],
    }),
    ...upgrader(),
  ],
};

function upgrader(): Value[] {
  const note = 'A release does not upgrade itself';
  const at = (name: string) => `helmReleaseUpgrader.${name}`;
  return [
    noted(at('name'), t.name, note, ['helm-release-upgrader']),
    noted(at('image'), t.image, note, upstream('helm-release-upgrader', 'v0.1.0')),
    noted(at('affinity'), t.object, note, [{}]),
    noted(at('nodeSelector'), t.stringMap, note, linux),
    noted(at('tolerations'), t.tolerations, note, [[]]),
    noted(at('podAnnotations'), t.stringMap, note, [{}]),
    noted(at('podLabels'), t.stringMap, note, [{}]),
    noted(at('priorityClassName'), t.text, note, ['']),
    noted(at('resources'), t.resources, note, [resourcesOf({ cpu: ['500m', '500m'], memory: ['256Mi', '256Mi'] })]),
    noted(at('schedule'), t.text, note, ['0 14 * * *']),
    noted(at('successfulJobsHistoryLimit'), t.integer(0), note, [3]),
    noted(at('failedJobsHistoryLimit'), t.integer(0), note, [1]),
  ];
}
