import path from 'node:path';
import type { KubeObject } from '@kso/wire';
import { loadAll } from 'js-yaml';
import { chartFolder, template, type Values } from '../values/chart-under-test.ts';

export { chartFolder } from '../values/chart-under-test.ts';

export interface Container {
  readonly name: string;
  readonly image: string;
  readonly args?: readonly string[];
  readonly env?: readonly { readonly name: string; readonly value?: string; readonly valueFrom?: object }[];
  readonly ports?: readonly { readonly name: string; readonly containerPort: number }[];
  readonly resources: { readonly limits?: Record<string, string> };
  readonly volumeMounts?: readonly { readonly name: string; readonly mountPath: string }[];
}

export interface PodSpec {
  readonly containers: readonly [Container, ...Container[]];
  readonly initContainers?: readonly Container[];
  readonly serviceAccountName: string;
  readonly nodeSelector?: Record<string, string>;
  readonly imagePullSecrets?: readonly { readonly name: string }[];
  readonly volumes?: readonly { readonly name: string }[];
  readonly tolerations?: readonly object[];
}

export interface PodTemplate {
  readonly metadata: { readonly labels: Record<string, string>; readonly annotations?: Record<string, string> };
  readonly spec: PodSpec;
}

/** A pod that the release would run, under the component's name. */
export interface Workload {
  readonly component: string;
  readonly object: KubeObject;
  readonly pod: PodTemplate;
}

const known = new Map<string, string>();

/** All objects of a release named `kubescape` in the namespace `kubescape`. @throws when Helm refuses */
export function render(values: object = {}, { files = [], set = [] }: Omit<Values, 'values'> = {}): KubeObject[] {
  const given = { values, files, set };
  const key = JSON.stringify(given);
  const text = known.get(key) ?? rendered(given);
  known.set(key, text);
  return objectsOf(text);
}

function rendered(given: Values): string {
  const { ok, out, error } = template(chartFolder, given);
  if (!ok) throw new Error(error);
  return out;
}

/** Helm's reason not to render. @throws when it renders */
export function refusal(values: object): string {
  const { ok, error } = template(chartFolder, { values });
  if (ok) throw new Error('it renders');
  return error;
}

export function objectsOf(text: string): KubeObject[] {
  return loadAll(text).filter((each) => each !== null && each !== undefined) as KubeObject[];
}

export function byKind(objects: readonly KubeObject[], kind: string): KubeObject[] {
  return objects.filter((object) => object.kind === kind);
}

/** @throws when there is none */
export function named(
  objects: readonly KubeObject[],
  kind: string,
  name: string,
): KubeObject & Record<string, unknown> {
  const found = objects.find((object) => object.kind === kind && object.metadata.name === name);
  if (found === undefined) throw new Error(`no ${kind} ${name}`);
  return found;
}

/** Every pod of Deployments, StatefulSets, Jobs, CronJobs and the test. */
export function workloads(objects: readonly KubeObject[]): Workload[] {
  return objects.flatMap((object) => {
    const pod = podOf(object);
    if (pod === undefined) return [];
    return [{ component: pod.metadata.labels['app.kubernetes.io/component'] ?? '', object, pod }];
  });
}

/** @throws when the component has no pod */
export function podTemplate(objects: readonly KubeObject[], component: string): PodTemplate {
  const found = workloads(objects).find((each) => each.component === component);
  if (found === undefined) throw new Error(`no pod of ${component}`);
  return found.pod;
}

export function envOf(objects: readonly KubeObject[], component: string): Record<string, string> {
  const { env = [] } = podTemplate(objects, component).spec.containers[0];
  return Object.fromEntries(env.map(({ name, value = '' }) => [name, value]));
}

export function podOf(object: KubeObject): PodTemplate | undefined {
  const spec = object['spec'] as
    | { template?: PodTemplate; jobTemplate?: { spec: { template: PodTemplate } } }
    | undefined;
  switch (object.kind) {
    case 'Deployment':
    case 'StatefulSet':
    case 'DaemonSet':
    case 'Job':
      return spec?.template;
    case 'CronJob':
      return spec?.jobTemplate?.spec.template;
    case 'Pod':
      return object as unknown as PodTemplate;
    default:
      return undefined;
  }
}

/** The JSON in a key of a ConfigMap. */
export function configOf(objects: readonly KubeObject[], name: string, key: string): Record<string, unknown> {
  const { data } = named(objects, 'ConfigMap', name) as unknown as { data: Record<string, string> };
  return JSON.parse(data[key] ?? '') as Record<string, unknown>;
}

/** Components that run, without CronJobs, Jobs and the test. */
export function running(objects: readonly KubeObject[]): string[] {
  return workloads(objects)
    .filter(({ object }) => ['Deployment', 'StatefulSet'].includes(object.kind))
    .map(({ component }) => component)
    .toSorted();
}

/** The values files of this repository. */
export const valuesFile = (name: string): string =>
  path.resolve(import.meta.dirname, '../../../deploy/values', `${name}.yaml`);
