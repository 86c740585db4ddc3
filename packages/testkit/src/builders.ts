import type { KubeObject, ObjectMeta } from '@kso/wire';

/** Parts of an object that a test cares about; anything else has a plain default. */
export interface WorkloadOptions {
  readonly name?: string;
  readonly namespace?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly image?: string;
  /** Merged into the only container. */
  readonly container?: object;
  /** Merged into the pod's spec. */
  readonly spec?: object;
  readonly metadata?: Partial<ObjectMeta>;
}

/** A pod spec with one container that is neither good nor bad: it says nothing about security. */
export function podSpec({ image = 'registry.example.com/app:1.0.0', container, spec }: WorkloadOptions = {}) {
  return { containers: [{ name: 'app', image, ...container }], ...spec };
}

export function pod(options: WorkloadOptions = {}): KubeObject {
  return { apiVersion: 'v1', kind: 'Pod', metadata: metadata(options), spec: podSpec(options) };
}

export function deployment(options: WorkloadOptions & { readonly replicas?: number } = {}): KubeObject {
  return workload('Deployment', options, { replicas: options.replicas ?? 1 });
}

export function statefulSet(options: WorkloadOptions = {}): KubeObject {
  return workload('StatefulSet', options, { serviceName: options.name ?? 'app', replicas: 1 });
}

export function daemonSet(options: WorkloadOptions = {}): KubeObject {
  return workload('DaemonSet', options, {});
}

export function job(options: WorkloadOptions = {}): KubeObject {
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: metadata(options),
    spec: { template: template({ ...options, spec: { restartPolicy: 'Never', ...options.spec } }) },
  };
}

export function cronJob(options: WorkloadOptions & { readonly schedule?: string } = {}): KubeObject {
  const { spec } = job(options);
  return {
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata: metadata(options),
    spec: { schedule: options.schedule ?? '0 3 * * *', jobTemplate: { spec } },
  };
}

export function namespace(name: string, labels: Readonly<Record<string, string>> = {}): KubeObject {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } };
}

export function service(
  options: WorkloadOptions & { readonly port?: number; readonly type?: string } = {},
): KubeObject {
  const port = options.port ?? 80;
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: metadata(options),
    spec: { type: options.type ?? 'ClusterIP', selector: labelsOf(options), ports: [{ name: 'http', port }] },
  };
}

/** What the kubelet would report for a pod that runs: the digest of the image it pulled. */
export function runningStatus(image: string, digest: string, containerName = 'app') {
  const repository = image.replace(/@.*$/, '').replace(/:[^:/]*$/, '');
  const state = { running: { startedAt: '2026-01-01T00:00:00Z' } };
  return {
    phase: 'Running',
    containerStatuses: [
      {
        name: containerName,
        image,
        imageID: `${repository}@${digest}`,
        ready: true,
        restartCount: 0,
        started: true,
        state,
      },
    ],
  };
}

function workload(kind: string, options: WorkloadOptions, spec: object): KubeObject {
  return {
    apiVersion: 'apps/v1',
    kind,
    metadata: metadata(options),
    spec: { ...spec, selector: { matchLabels: labelsOf(options) }, template: template(options) },
  };
}

function template(options: WorkloadOptions) {
  return { metadata: { labels: labelsOf(options) }, spec: podSpec(options) };
}

function metadata(options: WorkloadOptions): ObjectMeta {
  const { name = 'app', namespace = 'default' } = options;
  return { name, namespace, labels: labelsOf(options), ...options.metadata };
}

function labelsOf({ name = 'app', labels }: WorkloadOptions): Readonly<Record<string, string>> {
  return labels ?? { app: name };
}
