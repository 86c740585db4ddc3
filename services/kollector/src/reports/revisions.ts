import { controllerOf } from '@kso/domain';
import { backoffDelay, type Clock, describeError, type Logger } from '@kso/kit';
import type { KubeObject } from '@kso/wire';
import type { Microservice, Microservices } from './microservices.ts';
import { type PackedText, packText } from './packed-text.ts';
import { isItsOwnOwner, type OwnerDataForm, type OwnerReader, ownOwner, readOwner } from './workload-owner.ts';

/**
 * The pods of one ReplicaSet, Job or controller revision: they share spec and owner, so owners are looked up once for all of them and one
 * pod's text is kept for all of them, whatever their number.
 */
export interface Revision {
  readonly key: string;
  /** Present once the owner is known. */
  readonly microservice?: Microservice;
}

export interface RevisionPorts {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly reader: OwnerReader;
  readonly ownerData: OwnerDataForm;
  readonly microservices: Microservices;
  readonly inTurn: <T>(action: () => Promise<T>) => Promise<T>;
  /** The owner is known: these pods can be reported. */
  readonly onResolved: (podKeys: Iterable<string>) => void;
  readonly signal: AbortSignal;
}

export interface Revisions {
  /** The pod belongs to what is answered from now on, until it leaves it. */
  enter(pod: KubeObject, podKey: string): Revision;
  leave(revision: Revision, podKey: string): void;
  /** Resolves when every owner asked for so far is known. */
  idle(): Promise<void>;
}

interface Kept extends Revision {
  microservice?: Microservice;
  pods: number;
  /** Pods that wait for the owner. */
  readonly waiting: Set<string>;
}

const backoff = { baseMs: 500, maxMs: 30_000 };

export function createRevisions(ports: RevisionPorts): Revisions {
  const { clock, logger, microservices, reader, ownerData, signal } = ports;
  const byKey = new Map<string, Kept>();
  const looking = new Set<Promise<void>>();

  const track = (work: Promise<void>) => {
    const tracked = work.catch((error: unknown) => {
      if (!signal.aborted) logger.error({ err: error }, 'the owner of pods could not be found out');
    });
    looking.add(tracked);
    void tracked.finally(() => looking.delete(tracked));
  };

  const resolve = async (revision: Kept, pod: KubeObject, sample: PackedText) => {
    for (let attempt = 1; byKey.get(revision.key) === revision; attempt += 1) {
      try {
        const owner = await ports.inTurn(() => readOwner(pod, reader, ownerData));
        // All of its pods have gone in the meantime.
        if (byKey.get(revision.key) !== revision) return;
        if (owner.data === undefined) {
          const { namespace } = pod.metadata;
          logger.warn({ namespace, kind: owner.kind, name: owner.name }, 'the owner of pods cannot be read');
        }
        revision.microservice = microservices.enter(pod.metadata.namespace ?? '', owner, sample);
        ports.onResolved(revision.waiting);
        revision.waiting.clear();
        return;
      } catch (error) {
        signal.throwIfAborted();
        logger.warn({ attempt, reason: describeError(error) }, 'the owner of pods cannot be looked up at present');
        await clock.sleep(backoffDelay(attempt, backoff), signal);
      }
    }
  };

  const make = (pod: KubeObject, podKey: string, key: string): Kept => {
    const revision: Kept = { key, pods: 0, waiting: new Set() };
    byKey.set(key, revision);
    const text = podText(pod);
    if (isItsOwnOwner(pod)) {
      const owner = ownOwner(pod, text, ownerData);
      // The text of the owner is the pod's: kept once.
      const sample = ownerData === 'full' && owner.data !== undefined ? owner.data : packText(text);
      revision.microservice = microservices.enter(pod.metadata.namespace ?? '', owner, sample);
      return revision;
    }
    track(resolve(revision, identityOf(pod), packText(text)));
    revision.waiting.add(podKey);
    return revision;
  };

  return {
    enter: (pod, podKey) => {
      const key = revisionKeyOf(pod, podKey);
      const revision = byKey.get(key) ?? make(pod, podKey, key);
      revision.pods += 1;
      if (revision.microservice === undefined) revision.waiting.add(podKey);
      return revision;
    },
    leave: (left, podKey) => {
      const revision = left as Kept;
      revision.pods -= 1;
      revision.waiting.delete(podKey);
      if (revision.pods > 0) return;
      byKey.delete(revision.key);
      if (revision.microservice !== undefined) microservices.leave(revision.microservice);
    },
    idle: async () => {
      while (looking.size > 0) await Promise.all(looking);
    },
  };
}

function podText({ kind, apiVersion, metadata, spec, status }: KubeObject): string {
  return JSON.stringify({ kind, apiVersion, metadata, spec, status });
}

/** What the walk to the owner looks at; spec and status of waiting pods need not stay in memory. */
function identityOf({ apiVersion, kind, metadata }: KubeObject): KubeObject {
  return { apiVersion, kind, metadata };
}

/** DaemonSets and StatefulSets own their pods directly: the label tells their revisions apart. */
function revisionKeyOf(pod: KubeObject, podKey: string): string {
  const owner = controllerOf(pod);
  if (owner === undefined) return `${podKey} ${pod.metadata.uid ?? ''}`;
  const label: unknown = pod.metadata.labels?.['controller-revision-hash'];
  const { namespace = '' } = pod.metadata;
  return [namespace, owner.kind, owner.name, owner.uid ?? '', typeof label === 'string' ? label : ''].join('\n');
}
