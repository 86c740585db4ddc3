import {
  type ContainerType,
  containersOf,
  isRecord,
  parseImageReference,
  podTemplateOf,
  type UnknownRecord,
} from '@kso/domain';
import type { KubeObject } from '@kso/wire';

/** The image of one container. */
export interface ContainerImage {
  readonly containerName: string;
  readonly containerType: ContainerType;
  /** As written in the spec. */
  readonly imageTag: string;
  /** The runtime's image id, `docker-pullable://` taken off; empty when nothing runs it (manifests). */
  readonly imageHash: string;
}

export interface FoundImages {
  readonly images: readonly ContainerImage[];
  /** Containers whose image is no reference, with the reason. */
  readonly invalid: readonly { readonly containerName: string; readonly reason: string }[];
}

const statusLists: readonly (readonly [ContainerType, string])[] = [
  ['initContainer', 'initContainerStatuses'],
  ['container', 'containerStatuses'],
  ['ephemeralContainer', 'ephemeralContainerStatuses'],
];

/** What tells two images of a container apart: the image id, else the reference. */
export function identityOfImage({ imageHash, imageTag }: ContainerImage): string {
  return imageHash === '' ? imageTag : imageHash;
}

/**
 * Images of a pod that runs, of all three container lists (B16). Containers whose image id is not known yet are left out: a later
 * event brings it. Empty for a pod that does not run (B25) or is being deleted.
 */
export function runningImages(pod: KubeObject): FoundImages {
  const spec = pod['spec'];
  const status = pod['status'];
  const isRunning = isRecord(status) && status['phase'] === 'Running' && pod.metadata.deletionTimestamp === undefined;
  if (!isRunning || !isRecord(spec)) return { images: [], invalid: [] };
  const imageIds = imageIdsOf(status);
  return collect(spec, (type, name) => imageIds.get(`${type} ${name}`));
}

/** Images of the pods that a workload would make: for manifests, where nothing runs. */
export function templateImages(workload: KubeObject): FoundImages {
  const template = podTemplateOf(workload);
  return template === undefined ? { images: [], invalid: [] } : collect(template.spec, () => '');
}

/** `imageHashOf` answers undefined for containers to be left out. */
function collect(
  spec: UnknownRecord,
  imageHashOf: (type: ContainerType, name: string) => string | undefined,
): FoundImages {
  const images: ContainerImage[] = [];
  const invalid: { containerName: string; reason: string }[] = [];
  for (const { type, name, image } of containersOf(spec)) {
    const imageHash = imageHashOf(type, name);
    if (imageHash === undefined || image === undefined || name === '') continue;
    const parsed = parseImageReference(image);
    if (parsed.type === 'invalid') invalid.push({ containerName: name, reason: parsed.reason });
    else images.push({ containerName: name, containerType: type, imageTag: image, imageHash });
  }
  return { images, invalid };
}

/** Image ids by type and name of the container: the order of statuses says nothing. */
function imageIdsOf(status: UnknownRecord): ReadonlyMap<string, string> {
  const ids = new Map<string, string>();
  for (const [type, field] of statusLists) {
    const list = status[field];
    if (!Array.isArray(list)) continue;
    for (const entry of list as unknown[]) {
      if (!isRecord(entry)) continue;
      const { name, imageID } = entry;
      if (typeof name !== 'string' || typeof imageID !== 'string' || imageID === '') continue;
      ids.set(`${type} ${name}`, imageID.replace(/^docker-pullable:\/\//, ''));
    }
  }
  return ids;
}
