import type { KubeObject } from '@kso/wire';
import type { ImageSettings } from '../config/settings.ts';
import type { InventoryContainer } from '../model.ts';
import { isRecord, recordsOf, textOf } from './fields.ts';

/** What became of a container's image name. */
export interface PodContainers {
  readonly containers: readonly InventoryContainer[];
  /** Images whose tag was made up or that were dropped for want of one (`missing-tag-policy`). */
  readonly withoutTag: number;
}

const listNames = [
  ['initContainers', 'initContainerStatuses'],
  ['containers', 'containerStatuses'],
  ['ephemeralContainers', 'ephemeralContainerStatuses'],
] as const;

interface Mention {
  image: string;
  statusImage: string;
  imageId: string;
  id: string;
}

/** All containers of a pod – init, regular, ephemeral (B16) – also those that only the status names (B31). */
export function containersOf(pod: KubeObject, podUid: string, settings: ImageSettings): PodContainers {
  const mentions = new Map<string, Mention>();
  const mention = (name: string): Mention => {
    const known = mentions.get(name) ?? { image: '', statusImage: '', imageId: '', id: '' };
    mentions.set(name, known);
    return known;
  };
  const spec = isRecord(pod['spec']) ? pod['spec'] : {};
  const status = isRecord(pod['status']) ? pod['status'] : {};
  for (const [specList, statusList] of listNames) {
    for (const entry of recordsOf(spec[specList])) mention(textOf(entry['name'])).image = textOf(entry['image']);
    for (const entry of recordsOf(status[statusList])) {
      const known = mention(textOf(entry['name']));
      known.statusImage = textOf(entry['image']);
      known.imageId = textOf(entry['imageID']);
      known.id = textOf(entry['containerID']);
    }
  }

  const containers: InventoryContainer[] = [];
  let withoutTag = 0;
  for (const [name, { image, statusImage, imageId, id }] of mentions) {
    const imageDigest = digestOf(imageId) || digestOf(statusImage) || digestOf(image);
    const written = withRegistry(nameOf(image, statusImage, imageId), settings.missingRegistry);
    if (written === '') continue;
    const imageTag = withTag(written, imageDigest, settings.missingTag);
    if (imageTag !== written) withoutTag += 1;
    if (imageTag !== undefined) containers.push({ name, podUid, id, imageTag, imageDigest });
  }
  return { containers, withoutTag };
}

/** The name as written in the spec, up to its digest; what was pulled by an id alone is named by the runtime's reference. */
function nameOf(image: string, statusImage: string, imageId: string): string {
  const candidates = [image, statusImage, imageId].map((text) => text.replace(runtimeScheme, '').split('@')[0] ?? '');
  return candidates.find((text) => text !== '' && !isImageId(text)) ?? '';
}

const runtimeScheme = /^[a-z-]+:\/\//;

function isImageId(text: string): boolean {
  return /^(sha\d{3}:)?[0-9a-f]{64,}$/.test(text);
}

/** Of every runtime's form: `docker-pullable://name@sha256:…`, `name@sha256:…`. An id without a name is no digest of a registry. */
function digestOf(text: string): string {
  return /@(sha[0-9]{3}:[A-Za-z0-9]{32,128})/.exec(text)?.[1] ?? '';
}

/** Names of at most two parts whose first cannot be a host get the configured registry. */
export function withRegistry(name: string, registry: string): string {
  const parts = name.split('/');
  const [first = ''] = parts;
  const namesRegistry = parts.length > 2 || (parts.length === 2 && (/[.:]/.test(first) || first === 'localhost'));
  return registry === '' || name === '' || namesRegistry ? name : `${registry}/${name}`;
}

function withTag(name: string, digest: string, { policy, tag }: ImageSettings['missingTag']): string | undefined {
  if (/:\w[\w.-]{0,127}$/.test(name)) return name;
  if (policy === 'drop') return undefined;
  const hex = digest.split(':')[1] ?? '';
  return `${name}:${policy === 'digest' && hex !== '' ? hex : tag}`;
}
