import { type ContainerEntry, containersOf, controllerOf, instanceSlug, isRecord, podTemplateOf } from '@kso/domain';
import type { KubeObject } from '@kso/wire';

/** One container whose image is to be scanned. */
export interface ContainerTarget {
  readonly container: string;
  /** As written in the spec. */
  readonly imageTag: string;
  /** As the runtime has it; empty for a manifest. */
  readonly imageId: string;
  /** Slug of the container's instance: the same for all replicas. */
  readonly instance: string;
  /** `os/arch`, as far as the spec asks for one. */
  readonly platform?: string;
}

/** Containers of a running pod by what they run: all three kinds of container (B16). One without image or image id is left out. */
export function runningContainers(pod: KubeObject): ContainerTarget[] {
  const spec = podTemplateOf(pod)?.spec;
  const status = pod['status'];
  if (spec === undefined || !isRecord(status) || status['phase'] !== 'Running') return [];
  const ids = imageIds(status);
  return containersOf(spec).flatMap((entry) => {
    const imageId = ids.get(entry.name);
    return imageId === undefined ? [] : target(pod, spec, entry, imageId);
  });
}

/**
 * The named containers of a pod in whatever phase, for a sender that has seen their images itself: the runtime's id where there is
 * one, else the one that the sender saw. One that runs another image than the sender saw, such as that before a roll-out, is not meant.
 */
export function namedContainers(pod: KubeObject, named: Readonly<Record<string, string>>): ContainerTarget[] {
  const spec = podTemplateOf(pod)?.spec;
  if (spec === undefined) return [];
  const ids = isRecord(pod['status']) ? imageIds(pod['status']) : new Map<string, string>();
  return containersOf(spec).flatMap((entry) => {
    if (!Object.hasOwn(named, entry.name)) return [];
    const seen = imageIdOf(named[entry.name] ?? '');
    const runs = ids.get(entry.name);
    if (runs !== undefined && seen !== '' && digestOf(runs) !== digestOf(seen)) return [];
    return target(pod, spec, entry, runs ?? seen);
  });
}

/** Containers that a manifest declares. */
export function declaredContainers(workload: KubeObject): ContainerTarget[] {
  const spec = podTemplateOf(workload)?.spec;
  if (spec === undefined) return [];
  return containersOf(spec).flatMap((entry) => target(workload, spec, entry, ''));
}

/** True for a pod that nothing manages: no controller of a usual kind, and no trace of a ReplicaSet. */
export function isNaked(pod: KubeObject): boolean {
  const owner = controllerOf(pod);
  const managed = ['apps/v1', 'batch/v1', 'batch/v1beta1'];
  if (owner !== undefined) return !managed.includes(owner.apiVersion);
  return pod.metadata.labels?.['pod-template-hash'] === undefined;
}

function target(object: KubeObject, spec: Readonly<Record<string, unknown>>, entry: ContainerEntry, imageId: string) {
  const { image, name, type } = entry;
  if (image === undefined || image === '' || name === '') return [];
  const { apiVersion, kind, instanceName } = instanceOf(object);
  const namespace = object.metadata.namespace ?? 'default';
  const slug = instanceSlug({ apiVersion, kind, namespace, name: instanceName, container: name, containerType: type });
  const platform = platformOf(spec);
  return [
    {
      container: name,
      imageTag: image,
      imageId,
      instance: slug.ok ? slug.slug : '',
      ...(platform === undefined ? {} : { platform }),
    },
  ];
}

/** Whose instances replicas are (operator-gateway.md 1.4): the first owner, under a name that the next roll-out changes. */
function instanceOf({ apiVersion, kind, metadata }: KubeObject) {
  const owner = metadata.ownerReferences?.[0];
  if (owner === undefined || owner.kind === 'Node') return { apiVersion, kind, instanceName: metadata.name };
  const revision = metadata.labels?.['controller-revision-hash'];
  let instanceName = owner.name;
  if (owner.kind === 'DaemonSet' && revision !== undefined) instanceName = `${owner.name}-${revision}`;
  if (owner.kind === 'StatefulSet' && revision !== undefined) instanceName = revision;
  return { apiVersion: owner.apiVersion, kind: owner.kind, instanceName };
}

const statusLists = ['initContainerStatuses', 'containerStatuses', 'ephemeralContainerStatuses'];

function imageIds(status: Readonly<Record<string, unknown>>): Map<string, string> {
  const entries = statusLists.flatMap((field): [string, string][] => {
    const list = status[field];
    if (!Array.isArray(list)) return [];
    return (list as unknown[]).flatMap((entry): [string, string][] => {
      if (!isRecord(entry)) return [];
      const { name, imageID } = entry;
      if (typeof name !== 'string' || typeof imageID !== 'string' || imageID === '') return [];
      return [[name, imageID.replace(/^docker-pullable:\/\//, '')]];
    });
  });
  return new Map(entries);
}

/** Senders give the reference of an image that nothing runs yet, which is no id. */
function imageIdOf(text: string): string {
  const id = text.replace(/^docker-pullable:\/\//, '');
  return /(^|@)sha(256|512):[0-9a-f]+$/.test(id) ? id : '';
}

/** Of an image id, with or without a repository. */
function digestOf(imageId: string): string {
  return imageId.slice(imageId.lastIndexOf('@') + 1);
}

/** Said only where the spec says something: else the scanner knows better what the nodes are (B25). */
function platformOf(spec: Readonly<Record<string, unknown>>): string | undefined {
  const selector = isRecord(spec['nodeSelector']) ? spec['nodeSelector'] : {};
  const declared = isRecord(spec['os']) ? spec['os']['name'] : undefined;
  const os = declared ?? selector['kubernetes.io/os'];
  const arch = selector['kubernetes.io/arch'];
  if (os === undefined && arch === undefined) return undefined;
  return `${textOr(os, 'linux')}/${textOr(arch, 'amd64')}`;
}

function textOr(value: unknown, fallback: string): string {
  return typeof value === 'string' && /^[a-z0-9]{1,20}$/.test(value) ? value : fallback;
}
