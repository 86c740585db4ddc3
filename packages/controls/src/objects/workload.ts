import { type ContainerType, containersOf, podTemplateOf, type UnknownRecord } from '@kso/domain';
import type { ContainerList, KubeObject } from '@kso/wire';
import { type Capabilities, capabilitiesOf } from './capabilities.ts';
import { booleanAt, has, recordAt, recordsAt, stringAt, stringMapAt } from './json.ts';
import { effectiveNamespace } from './kinds.ts';
import { effectiveSecurityContext, type SecurityContext } from './security-context.ts';
import type { Labels } from './selector.ts';

/** A workload in one form, whichever kind it is: controls never look at where a kind keeps its pod spec. */
export interface Workload {
  readonly object: KubeObject;
  readonly kind: string;
  readonly name: string;
  /** Where its pods run; `default` if a manifest names none. */
  readonly namespace: string;
  /** Labels and annotations of the pods, not of the object. */
  readonly podLabels: Labels;
  readonly podAnnotations: Labels;
  readonly podSpec: UnknownRecord;
  /** Path of the pod spec in the object, e.g. `spec.jobTemplate.spec.template.spec`. */
  readonly podPath: string;
  readonly os: OperatingSystem;
  readonly serviceAccountName: string;
  readonly automountServiceAccountToken: boolean | undefined;
  readonly volumes: readonly Volume[];
  /** Of all lists: ordinary, init (restartable ones too) and ephemeral containers. */
  readonly containers: readonly Container[];
}

export type OperatingSystem = 'linux' | 'windows';

export interface Container {
  readonly name: string;
  readonly list: ContainerList;
  /** Path in the object, e.g. `spec.containers[0]`. */
  readonly path: string;
  readonly image: string;
  /** The container as written, for what is not normalised. */
  readonly raw: UnknownRecord;
  readonly securityContext: SecurityContext;
  readonly capabilities: Capabilities;
  readonly mounts: readonly VolumeMount[];
}

export interface Volume {
  readonly name: string;
  readonly path: string;
  readonly raw: UnknownRecord;
  readonly hostPath: string | undefined;
  readonly secretName: string | undefined;
}

export interface VolumeMount {
  readonly volume: string;
  readonly mountPath: string;
  readonly path: string;
  readonly readOnly: boolean | undefined;
  readonly hasSubPath: boolean;
}

const listOf: Readonly<Record<ContainerType, ContainerList>> = {
  container: 'containers',
  initContainer: 'initContainers',
  ephemeralContainer: 'ephemeralContainers',
};

/** The normal form of a workload, or undefined when the object makes no pods. Computed once per object and evaluation. */
export function workloadOf(object: KubeObject): Workload | undefined {
  const template = podTemplateOf(object);
  if (template === undefined) return undefined;
  const { spec, path } = template;
  return {
    object,
    kind: object.kind,
    name: object.metadata.name,
    namespace: effectiveNamespace(object),
    podLabels: stringMapAt(template.metadata, 'labels'),
    podAnnotations: stringMapAt(template.metadata, 'annotations'),
    podSpec: spec,
    podPath: path,
    os: operatingSystemOf(spec),
    serviceAccountName: stringAt(spec, 'serviceAccountName') || stringAt(spec, 'serviceAccount') || 'default',
    automountServiceAccountToken: booleanAt(spec, 'automountServiceAccountToken'),
    volumes: volumesOf(spec, path),
    containers: containersOf(spec).map(({ type, name, image, path: relative, container }) => {
      const containerPath = `${path}.${relative}`;
      return {
        name,
        list: listOf[type],
        path: containerPath,
        image: image ?? '',
        raw: container,
        securityContext: effectiveSecurityContext(container, containerPath, spec, path),
        capabilities: capabilitiesOf(container),
        mounts: mountsOf(container, containerPath),
      };
    }),
  };
}

/** Where the labels of the pods stand in the object: beside its pod spec. */
export function labelsPath(podPath: string): string {
  return `${podPath.slice(0, -'spec'.length)}metadata.labels`;
}

/** Labels of the pods that an object makes, without the rest of its normal form; undefined if it makes none. */
export function podLabelsOf(object: KubeObject): Labels | undefined {
  const template = podTemplateOf(object);
  return template === undefined ? undefined : stringMapAt(template.metadata, 'labels');
}

/** Windows only where the pod says so: the default of Kubernetes is Linux (known-bugs.md B25). */
function operatingSystemOf(spec: UnknownRecord): OperatingSystem {
  const declared = stringAt(recordAt(spec, 'os'), 'name');
  const selector = recordAt(spec, 'nodeSelector');
  const selected = stringAt(selector, 'kubernetes.io/os') ?? stringAt(selector, 'beta.kubernetes.io/os');
  return (declared ?? selected) === 'windows' ? 'windows' : 'linux';
}

function volumesOf(spec: UnknownRecord, podPath: string): Volume[] {
  return recordsAt(spec, 'volumes').map(({ index, value }) => ({
    name: stringAt(value, 'name') ?? '',
    path: `${podPath}.volumes[${index}]`,
    raw: value,
    hostPath: has(value, 'hostPath') ? (stringAt(recordAt(value, 'hostPath'), 'path') ?? '') : undefined,
    secretName: stringAt(recordAt(value, 'secret'), 'secretName'),
  }));
}

function mountsOf(container: UnknownRecord, containerPath: string): VolumeMount[] {
  return recordsAt(container, 'volumeMounts').map(({ index, value }) => ({
    volume: stringAt(value, 'name') ?? '',
    mountPath: stringAt(value, 'mountPath') ?? '',
    path: `${containerPath}.volumeMounts[${index}]`,
    readOnly: booleanAt(value, 'readOnly'),
    hasSubPath: Boolean(stringAt(value, 'subPath') || stringAt(value, 'subPathExpr')),
  }));
}
