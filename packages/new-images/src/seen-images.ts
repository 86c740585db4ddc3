import type { AskedImages } from './asked-images.ts';
import { type ContainerImage, identityOfImage } from './container-image.ts';

/** A pod (or a template) with the images that it runs. */
export interface Sighting {
  /** Identity of the pod. */
  readonly pod: string;
  readonly wlid: string;
  /** What makes pods of one revision of the workload the same: the ReplicaSet, or the pod when nothing owns it. */
  readonly revision: string;
  readonly images: readonly ContainerImage[];
}

export type FirstPass = 'unasked' | 'all' | 'none';

/**
 * Decides which images are new, by the six cases of kollector.md 13: a container of a revision is known by its image id; the same
 * image in another revision of the same workload is a restart and not new; another image id in the same container always is.
 */
export interface SeenImages {
  /** The images to ask for, which count as seen from now on. `isFirstPass`: the pod was there when we started. */
  see(sighting: Sighting, isFirstPass: boolean): readonly ContainerImage[];
  /** The pod has gone. */
  gone(pod: string): void;
  /** The scans are in the queue: remembered over restarts. */
  delivered(wlid: string, images: readonly ContainerImage[]): void;
  /** Those of the images that a pod of the workload runs at present. */
  stillRunning(wlid: string, images: readonly ContainerImage[]): readonly ContainerImage[];
  /** The command was lost: the images are new again when they are seen next. Answers the pods that run them. */
  lost(wlid: string, images: readonly ContainerImage[]): readonly string[];
}

interface Container {
  readonly wlid: string;
  image: string;
  readonly pods: Set<string>;
}

const defaultMaxRequested = 200_000;

export function createSeenImages(
  asked: AskedImages,
  firstPass: FirstPass,
  maxRequested = defaultMaxRequested,
): SeenImages {
  /** By revision, type and name of the container. */
  const containers = new Map<string, Container>();
  const keysOfPods = new Map<string, readonly string[]>();
  /** Asked for in this life, delivered or still on its way; the newest, since pods without owner bring ever new workloads. */
  const requested = new Set<string>();
  const remember = (request: string) => {
    requested.add(request);
    if (requested.size <= maxRequested) return;
    const [oldest = ''] = requested;
    requested.delete(oldest);
  };

  const release = (pod: string) => {
    for (const key of keysOfPods.get(pod) ?? []) {
      const container = containers.get(key);
      container?.pods.delete(pod);
      if (container?.pods.size === 0) containers.delete(key);
    }
    keysOfPods.delete(pod);
  };

  return {
    see: ({ pod, wlid, revision, images }, isFirstPass) => {
      const isKnown = (image: ContainerImage) => {
        const identity = identityOfImage(image);
        const container = containers.get(keyOf(revision, image));
        if (container !== undefined) return container.image === identity;
        if (isFirstPass && firstPass === 'none') return true;
        if (requested.has(`${wlid} ${identity}`)) return true;
        return !(isFirstPass && firstPass === 'all') && asked.has(wlid, identity);
      };
      // All against the state before, so that two containers of one image are both named.
      const fresh = images.filter((image) => !isKnown(image));
      release(pod);
      for (const image of images) {
        const key = keyOf(revision, image);
        const container = containers.get(key) ?? { wlid, image: '', pods: new Set<string>() };
        container.image = identityOfImage(image);
        container.pods.add(pod);
        containers.set(key, container);
      }
      keysOfPods.set(
        pod,
        images.map((image) => keyOf(revision, image)),
      );
      for (const image of fresh) remember(`${wlid} ${identityOfImage(image)}`);
      return fresh;
    },
    gone: release,
    stillRunning: (wlid, images) => {
      const running = new Set<string>();
      for (const container of containers.values()) if (container.wlid === wlid) running.add(container.image);
      return images.filter((image) => running.has(identityOfImage(image)));
    },
    delivered: (wlid, images) => asked.add(wlid, images.map(identityOfImage)),
    lost: (wlid, images) => {
      const identities = new Set(images.map(identityOfImage));
      for (const identity of identities) requested.delete(`${wlid} ${identity}`);
      const affected = [...containers].filter(([, one]) => one.wlid === wlid && identities.has(one.image));
      for (const [key] of affected) containers.delete(key);
      return [...new Set(affected.flatMap(([, { pods }]) => [...pods]))];
    },
  };
}

function keyOf(revision: string, { containerType, containerName }: ContainerImage): string {
  return `${revision}/${containerType}/${containerName}`;
}
