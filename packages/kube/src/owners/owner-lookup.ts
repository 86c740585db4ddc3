import { controllerOf } from '@kso/domain';
import type { Clock } from '@kso/kit';
import type { GroupKind } from '@kso/wire';
import { kindLabel } from '../api/resource.ts';
import type { KubeClient } from '../client.ts';
import { createTurns } from '../turns.ts';
import type { LookUpOwner, OwnerLookup } from './top-owner.ts';

export interface OwnerLookupOptions {
  /** How long an answer is good for, in ms. */
  readonly maxAgeMs?: number;
  readonly maxEntries?: number;
  readonly concurrency?: number;
}

interface Entry {
  readonly readAt: number;
  readonly answer: Promise<OwnerLookup>;
}

/**
 * Looks owners up in a cluster. Of each object only its uid and its own owner are kept, for a minute, so that the pods of one
 * ReplicaSet cost one request; requests for the same object are shared and bounded.
 */
export function createOwnerLookup(
  client: Pick<KubeClient, 'get'>,
  clock: Clock,
  options: OwnerLookupOptions = {},
): LookUpOwner {
  const { maxAgeMs = 60_000, maxEntries = 10_000, concurrency = 10 } = options;
  // A map keeps the order of insertion: the first entry is the oldest.
  const entries = new Map<string, Entry>();
  const inTurn = createTurns(concurrency);

  const read = (kind: GroupKind, namespace: string, name: string): Promise<OwnerLookup> =>
    inTurn(async () => {
      const result = await client.get(kind, namespace, name);
      if (result.outcome !== 'found') return { outcome: 'unread' };
      const { uid } = result.object.metadata;
      const owner = controllerOf(result.object);
      return { outcome: 'found', ...(uid === undefined ? {} : { uid }), ...(owner === undefined ? {} : { owner }) };
    });

  return (kind, namespace, name) => {
    const key = `${kindLabel(kind)} ${namespace}/${name}`;
    const known = entries.get(key);
    if (known !== undefined && clock.now() - known.readAt < maxAgeMs) return known.answer;
    const answer = read(kind, namespace, name);
    entries.delete(key);
    entries.set(key, { readAt: clock.now(), answer });
    answer.catch(() => entries.delete(key));
    for (const oldest of entries.keys()) {
      if (entries.size <= maxEntries) break;
      entries.delete(oldest);
    }
    return answer;
  };
}
