import { type Json, optional, pending, type Schema, type Value, value } from './model.ts';
import * as t from './types.ts';

interface Sizes {
  readonly cpu: readonly [request: string, limit: string];
  readonly memory: readonly [request: string, limit: string];
  readonly disk?: readonly [request: string, limit: string];
}

/** Requests and limits as Kubernetes writes them. */
export function resourcesOf({ cpu, memory, disk }: Sizes): Json {
  const at = (index: 0 | 1): Json => ({
    cpu: cpu[index],
    memory: memory[index],
    ...(disk === undefined ? {} : { 'ephemeral-storage': disk[index] }),
  });
  return { requests: at(0), limits: at(1) };
}

interface ComponentOptions {
  /** Name of its objects, Service and container. */
  readonly name: string;
  /** In descriptions: "of the …". */
  readonly title: string;
  readonly sizes: Sizes;
  /** Third-party image; own components run the suite's. */
  readonly image?: { readonly repository: string; readonly tag: string; readonly pullPolicy?: string };
  readonly nodeSelector?: Json;
  /** Jobs have neither probes nor replicas. */
  readonly job?: boolean;
  /** A StatefulSet. */
  readonly stateful?: boolean;
  readonly metrics?: boolean;
  /** Shares its work among any number of pods. */
  readonly scalable?: boolean;
  /** Without a heap of Node.js. */
  readonly foreign?: boolean;
}

/** The API server's limits: a CronJob's Jobs, a StatefulSet's revisions and `NAME-health` are longer than the name. */
function nameOf({ job, stateful }: ComponentOptions): Schema {
  if (job === true) return t.cronJobName;
  return stateful === true ? t.statefulSetName : t.serviceName;
}

/** The keys that every component has (where it runs, what it may use, what is added to its pod). */
export function component(key: string, o: ComponentOptions): Value[] {
  const at = (name: string) => `${key}.${name}`;
  return [
    value(at('name'), nameOf(o), o.name, `Name of the objects of the ${o.title}`),
    value(at('image'), t.image, imageOf(o.image), imageText(o)),
    ...(o.job === true ? [] : running(at, o)),
    value(at('resources'), t.resources, resourcesOf(o.sizes), 'Requests and limits'),
    ...(o.foreign === true || o.job === true ? [] : [heapShare(at('gomemlimitPercentage'))]),
    // Without a default: Helm would complain about a map in the place of a list.
    optional(at('env'), t.env, 'More environment variables: a list with value or valueFrom, or a map'),
    value(at('envFrom'), t.objects, [], 'More environment from ConfigMaps and Secrets'),
    value(
      at('nodeSelector'),
      t.stringMap,
      o.nodeSelector ?? { 'kubernetes.io/os': 'linux' },
      'Labels of nodes it may run on',
    ),
    value(at('affinity'), t.object, {}, 'Affinity; by default that of customScheduling'),
    value(at('tolerations'), t.tolerations, [], 'Tolerations; by default those of customScheduling'),
    value(at('topologySpreadConstraints'), t.objects, [], 'Spread; by default that of customScheduling'),
    value(at('priorityClassName'), t.text, '', 'Priority class; by default that of customScheduling'),
    value(at('podLabels'), t.stringMap, {}, 'More labels of its pods'),
    value(at('podAnnotations'), t.stringMap, {}, 'More annotations of its pods'),
    value(at('podSecurityContext'), t.object, {}, 'Laid over the restricted security context of the pod'),
    value(at('containerSecurityContext'), t.object, {}, 'Laid over the restricted security context of the container'),
    value(at('volumes'), t.objects, [], 'More volumes'),
    value(at('volumeMounts'), t.objects, [], 'More mounts of the main container'),
    ...serviceAccount(key),
  ];
}

function imageOf(image: ComponentOptions['image']): Json {
  return {
    registry: '',
    repository: image?.repository ?? '',
    tag: image?.tag ?? '',
    digest: '',
    pullPolicy: image?.pullPolicy ?? '',
  };
}

const imageText = (o: ComponentOptions): string =>
  o.image === undefined
    ? 'Another image than the suite image; a digest wins over a tag'
    : 'Image; a digest wins over a tag';

export const heapShare = (key: string): Value =>
  optional(
    key,
    { type: ['number', 'null'], exclusiveMinimum: 0, maximum: 1 },
    'Share of the memory limit for the heap, instead of global.maxOldSpacePercentage',
  );

function running(at: (name: string) => string, o: ComponentOptions): Value[] {
  return [
    value(
      at('replicaCount'),
      t.integer(0),
      1,
      o.scalable === true ? 'Number of pods' : 'Pods: one, or none to pause it; in this version more are taken for one',
    ),
    value(at('livenessProbe'), t.object, {}, 'Laid over the built-in probe'),
    value(at('readinessProbe'), t.object, {}, 'Laid over the built-in probe'),
    ...(o.foreign === true ? [] : [value(at('startupProbe'), t.object, {}, 'Laid over the built-in probe')]),
    value(at('terminationGracePeriodSeconds'), t.integer(0), 30, 'Seconds a pod has to end its work'),
    o.scalable === true
      ? value(
          at('podDisruptionBudget.enabled'),
          t.flag,
          false,
          'A PodDisruptionBudget, where there is more than one pod',
        )
      : pending(at('podDisruptionBudget.enabled'), t.flag, 'A PodDisruptionBudget, where there is more than one pod', [
          false,
        ]),
    ...(o.metrics === false ? [] : serviceMonitor(at)),
  ];
}

export function serviceMonitor(at: (name: string) => string): Value[] {
  return [
    value(at('serviceMonitor.enabled'), t.flag, false, 'Create a ServiceMonitor'),
    optional(at('serviceMonitor.namespace'), t.text, 'Namespace of the ServiceMonitor; by default that of the release'),
    value(at('serviceMonitor.interval'), t.duration, '60s', 'Pause between two scrapes'),
    value(at('serviceMonitor.scrapeTimeout'), t.duration, '30s', 'Time limit of a scrape, below the interval'),
    value(at('serviceMonitor.additionalLabels'), t.stringMap, {}, 'Labels by which Prometheus finds it'),
    value(at('serviceMonitor.honorLabels'), t.flag, false, 'Labels of the series win over those of the target'),
    value(at('serviceMonitor.relabelings'), t.objects, [], 'Rules for the labels of targets'),
    value(at('serviceMonitor.metricRelabelings'), t.objects, [], 'Rules for the labels of series'),
  ];
}

export function serviceAccount(key: string): Value[] {
  return [
    value(`${key}.serviceAccount.create`, t.flag, true, 'Create the ServiceAccount'),
    value(`${key}.serviceAccount.name`, t.name, '', 'Its name; by default that of the component'),
    value(`${key}.serviceAccount.annotations`, t.stringMap, {}, 'Its annotations'),
  ];
}

interface ServiceOptions {
  readonly port: number;
  readonly prefix?: string;
  /** Former charts let the container's port be written beside the Service's. */
  readonly target?: boolean;
}

/** Keys of a Service. */
export function service(key: string, { port, prefix = 'service', target = true }: ServiceOptions): Value[] {
  const at = (name: string) => `${key}.${prefix}.${name}`;
  return [
    value(at('type'), t.oneOf('ClusterIP', 'NodePort', 'LoadBalancer'), 'ClusterIP', 'Type of the Service'),
    value(at('port'), t.port, port, 'Port of the Service'),
    ...(target
      ? [
          value(at('targetPort'), t.port, port, 'Port the container listens on'),
          value(at('protocol'), t.oneOf('TCP'), 'TCP', 'Protocol of the port'),
        ]
      : []),
    value(at('annotations'), t.stringMap, {}, 'Annotations of the Service'),
  ];
}

/** Keys of a volume of a component's own. */
export function persistence(key: string, o: { enabled: boolean; size: string; of: string }): Value[] {
  const at = (name: string) => `${key}.persistence.${name}`;
  return [
    value(at('enabled'), t.flag, o.enabled, `Keep ${o.of} on a PVC; otherwise in an emptyDir, which ends with its pod`),
    value(
      at('size'),
      t.bytesQuantity,
      o.size,
      `Size of the PVC, or limit of the emptyDir${o.size === '' ? `; by default persistence.size.${key}` : ''}`,
    ),
    value(at('existingClaim'), t.name, '', 'An existing PVC'),
    value(at('storageClass'), t.text, '', 'Storage class; by default persistence.storageClass'),
  ];
}
