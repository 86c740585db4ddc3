import { controllerOf, formatWlid, isWorkload, type SourceEvent } from '@kso/domain';
import { type BasePorts, backoffDelay, createInterner, describeError } from '@kso/kit';
import type { TopOwner } from '@kso/kube';
import type { KubeObject } from '@kso/wire';
import {
  type ContainerImage,
  type FoundImages,
  identityOfImage,
  runningImages,
  templateImages,
} from './container-image.ts';
import type { NewImageMeters } from './meters.ts';
import type { SeenImages } from './seen-images.ts';

export interface ImageFollowerOptions {
  readonly clusterName: string;
  /** Of a cluster the images of running pods count, of manifests those of the templates of workloads. */
  readonly sourceType: 'cluster' | 'manifests';
  readonly wantsNamespace: (namespace: string) => boolean;
  /** Pods that nothing made are looked at when they are so old, in ms: many do their work and are gone before a scan has begun. */
  readonly podScanGuardMs: number;
}

export interface ImageFollowerPorts extends BasePorts {
  readonly seen: SeenImages;
  readonly meters: Pick<NewImageMeters, 'invalidImage'>;
  /** @throws while the API server cannot answer. */
  readonly topOwner: (object: KubeObject) => Promise<TopOwner>;
  readonly ask: (wlid: string, images: readonly ContainerImage[]) => void;
}

/** Turns events of pods into requests for scans of images that are new. */
export interface ImageFollower {
  onEvent(event: SourceEvent): void;
  /** The next event of the pod is judged, whether its images have changed or not. */
  forget(pod: string): void;
  /** Resolves when all events so far have been judged. */
  idle(): Promise<void>;
  stop(): Promise<void>;
}

/** A pod as far as it concerns us: its spec and status are not kept. */
interface Item {
  readonly key: string;
  readonly object: KubeObject;
  readonly images: readonly ContainerImage[];
  readonly signature: string;
  readonly isFirstPass: boolean;
}

const ownerBackoff = { baseMs: 500, maxMs: 30_000 };

export function createImageFollower(options: ImageFollowerOptions, ports: ImageFollowerPorts): ImageFollower {
  const { logger, clock, meters, seen } = ports;
  const isCluster = options.sourceType === 'cluster';
  /** The newest state of each pod that is judged or was. */
  const current = new Map<string, string>();
  const interner = createInterner();
  const running = new Set<Promise<void>>();
  const stopping = new AbortController();
  /** Kinds of which everything that was there at the start has been seen. */
  const synced = new Set<string>();

  const isOurs = (object: KubeObject) => {
    if (!isWorkload(object) || !options.wantsNamespace(namespaceOf(object))) return false;
    // A pod in a cluster speaks for its workload; a manifest speaks for itself, unless something else in the folder makes it.
    return isCluster ? object.kind === 'Pod' : controllerOf(object) === undefined;
  };

  const changed = (object: KubeObject) => {
    const key = keyOf(object);
    const found = isCluster ? runningImages(object) : templateImages(object);
    // The same for all pods of a revision: kept once.
    const signature = interner.of(
      found.images.map((image) => `${image.containerType}/${image.containerName}/${identityOfImage(image)}`).join(' '),
    );
    if (current.get(key) === signature || (signature === '' && found.invalid.length === 0)) return;
    current.set(key, signature);
    complain(object, found);
    const isFirstPass = !synced.has(object.kind);
    track(judge({ key, object: identityOf(object), images: found.images, signature, isFirstPass }));
  };

  const complain = ({ kind, metadata }: KubeObject, { invalid }: FoundImages) => {
    for (const { containerName, reason } of invalid) {
      meters.invalidImage();
      const workload = { kind, namespace: metadata.namespace, name: metadata.name };
      logger.warn({ ...workload, container: containerName, reason }, 'a container has an image that is no reference');
    }
  };

  const track = (work: Promise<void>) => {
    const tracked = work
      .catch((error: unknown) => {
        if (!stopping.signal.aborted) logger.error({ err: error }, 'judging the images of a pod failed');
      })
      .finally(() => running.delete(tracked));
    running.add(tracked);
  };

  const judge = async (item: Item) => {
    await oldEnough(item.object);
    const owner = isCluster ? await ownerOf(item) : item.object;
    // Another event of the same pod came in the meantime, or it has gone: that one decides.
    if (owner === undefined || current.get(item.key) !== item.signature) return;
    const { kind, name } = 'metadata' in owner ? { kind: owner.kind, name: owner.metadata.name } : owner;
    const wlid = formatWlid({ cluster: options.clusterName, namespace: namespaceOf(item.object), kind, name });
    const sighting = { pod: item.key, wlid, revision: revisionOf(item.object), images: item.images };
    const fresh = seen.see(sighting, item.isFirstPass);
    if (fresh.length > 0) ports.ask(wlid, fresh);
  };

  const oldEnough = async (object: KubeObject) => {
    if (!isCluster || options.podScanGuardMs === 0 || controllerOf(object) !== undefined) return;
    const createdAt = Date.parse(object.metadata.creationTimestamp ?? '');
    const rest = createdAt + options.podScanGuardMs - clock.now();
    if (rest > 0) await clock.sleep(rest, stopping.signal);
  };

  /**
   * Above an owner that is gone or may not be read the walk stops at its child, as it does in the operator: both have to mean the same
   * workload. Undefined when the item is outdated.
   */
  const ownerOf = async ({ key, object, signature }: Item): Promise<Pick<TopOwner, 'kind' | 'name'> | undefined> => {
    for (let attempt = 1; current.get(key) === signature; attempt += 1) {
      try {
        return await ports.topOwner(object);
      } catch (error) {
        logger.warn({ attempt, reason: describeError(error) }, 'the owner of a pod cannot be looked up at present');
        await clock.sleep(backoffDelay(attempt, ownerBackoff), stopping.signal);
      }
    }
    return undefined;
  };

  return {
    onEvent: (event) => {
      if (event.type === 'synced') {
        // What came before it is the first pass, also when it is judged later.
        synced.add(event.kind.kind);
      } else if (event.type === 'deleted') {
        current.delete(keyOf(event.object));
        seen.gone(keyOf(event.object));
      } else if (event.type === 'added' || event.type === 'modified') {
        if (isOurs(event.object)) changed(event.object);
      }
    },
    forget: (pod) => {
      current.delete(pod);
    },
    idle: async () => {
      while (running.size > 0) await Promise.all(running);
    },
    stop: async () => {
      stopping.abort();
      await Promise.all(running);
    },
  };
}

/** What owners are found by; the annotations of a hundred thousand pods need not wait for it in memory. */
function identityOf({ apiVersion, kind, metadata }: KubeObject): KubeObject {
  const { name, namespace, uid, creationTimestamp, labels, ownerReferences } = metadata;
  const kept = { name, namespace, uid, creationTimestamp, labels, ownerReferences };
  const present = Object.fromEntries(Object.entries(kept).filter(([, value]) => value !== undefined));
  return { apiVersion, kind, metadata: { ...present, name, generateName: metadata['generateName'] } };
}

function namespaceOf({ metadata }: KubeObject): string {
  return metadata.namespace ?? 'default';
}

function keyOf({ kind, metadata }: KubeObject): string {
  return metadata.uid ?? `${kind}/${metadata.namespace ?? ''}/${metadata.name}`;
}

/** What made the pod, else the pod: pods of one revision run the same images. */
function revisionOf(object: KubeObject): string {
  const owner = controllerOf(object);
  const { kind, name } = owner ?? { kind: object.kind, name: object.metadata.name };
  return `${namespaceOf(object)}/${kind}/${name}`;
}
