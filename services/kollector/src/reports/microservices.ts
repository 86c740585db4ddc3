import type { Clock } from '@kso/kit';
import type { PackedText } from './packed-text.ts';
import type { PendingChanges } from './pending-changes.ts';
import type { Entry } from './sections.ts';
import { lookForOwner, type OwnerReader, type WorkloadOwner } from './workload-owner.ts';

/** One distinct pod spec of a workload, shown by one of its pods (kollector.md 6.4, 8). */
export interface Microservice extends Entry {
  readonly owner: WorkloadOwner;
}

export interface MicroserviceOptions {
  /** Between two looks at an owner without pods, in ms. */
  readonly recheckMs: number;
  /** A microservice without pods goes after this time when nobody can tell whether its owner is there. */
  readonly keepEmptyMs: number;
}

export interface Microservices {
  /** The one of this namespace, owner and spec; made with `sample`, the JSON of a pod, if it is the first. Counts its users. */
  enter(namespace: string, owner: WorkloadOwner, sample: PackedText): Microservice;
  /**
   * One user less. Without any the microservice stays as long as its owner does, which may be scaled to zero – unless the owner has pods of
   * another spec: then it was rolled over, and a workload that is released every day would be there a thousand times.
   */
  leave(microservice: Microservice): void;
  readonly size: number;
  all(): IterableIterator<Microservice>;
}

interface Kept extends Microservice {
  readonly identity: string;
  readonly workload: string;
  readonly namespace: string;
  users: number;
}

export interface MicroservicePorts {
  readonly clock: Clock;
  readonly reader: Pick<OwnerReader, 'get'>;
  readonly inTurn: <T>(action: () => Promise<T>) => Promise<T>;
  readonly pending: PendingChanges;
  readonly nextId: () => number;
  readonly signal: AbortSignal;
}

export const defaultMicroserviceOptions: MicroserviceOptions = { recheckMs: 60_000, keepEmptyMs: 3_600_000 };

export function createMicroservices(
  ports: MicroservicePorts,
  { recheckMs, keepEmptyMs }: MicroserviceOptions = defaultMicroserviceOptions,
): Microservices {
  const { clock, pending, signal } = ports;
  const byIdentity = new Map<string, Kept>();
  /** Of all specs of a workload together. */
  const usersOf = new Map<string, number>();

  const count = (workload: string, change: 1 | -1) => {
    const users = (usersOf.get(workload) ?? 0) + change;
    if (users > 0) usersOf.set(workload, users);
    else usersOf.delete(workload);
  };

  const remove = (microservice: Kept) => {
    byIdentity.delete(microservice.identity);
    pending.note('microservice', 'delete', microservice.identity, microservice);
  };

  /** For one without users: those of its workload are of other specs. */
  const isRolledOver = ({ workload }: Kept) => usersOf.has(workload);

  /** Waits until the owner has gone, or has pods again. */
  const watchEmpty = async (microservice: Kept) => {
    const emptySince = clock.now();
    const isEmpty = () => microservice.users === 0 && byIdentity.get(microservice.identity) === microservice;
    while (isEmpty()) {
      const found = await ports.inTurn(() => lookForOwner(microservice.owner, microservice.namespace, ports.reader));
      if (!isEmpty()) return;
      const isForgotten = found === 'unknown' && clock.now() - emptySince >= keepEmptyMs;
      if (found === 'gone' || isForgotten || isRolledOver(microservice)) {
        remove(microservice);
        return;
      }
      await clock.sleep(recheckMs, signal);
    }
  };

  return {
    enter: (namespace, owner, sample) => {
      const workload = [namespace, owner.place?.kind.group ?? '', owner.kind, owner.name].join('\n');
      const identity = `${workload}\n${owner.specHash}`;
      count(workload, 1);
      const known = byIdentity.get(identity);
      if (known !== undefined) {
        known.users += 1;
        return known;
      }
      const id = ports.nextId();
      const text = () => microserviceText(sample.read(), owner, id);
      const made: Kept = { identity, workload, namespace, owner, users: 1, text, deletedText: text };
      byIdentity.set(identity, made);
      pending.note('microservice', 'create', identity, made);
      return made;
    },
    leave: (microservice) => {
      const kept = microservice as Kept;
      kept.users -= 1;
      count(kept.workload, -1);
      if (kept.users > 0) return;
      if (kept.owner.place === undefined || isRolledOver(kept)) remove(kept);
      // Ends by itself or with the signal.
      else watchEmpty(kept).catch(() => {});
    },
    get size() {
      return byIdentity.size;
    },
    all: () => byIdentity.values(),
  };
}

/** `pod` is the JSON of an object with at least one member. */
export function microserviceText(pod: string, { name, kind, data }: WorkloadOwner, podSpecId: number): string {
  const ownerData = data === undefined ? '' : `,"ownerData":${data.read()}`;
  const owner = `{"name":${JSON.stringify(name)},"kind":${JSON.stringify(kind)}${ownerData}}`;
  return `${pod.slice(0, -1)},"uptreeOwner":${owner},"podSpecId":${podSpecId}}`;
}
