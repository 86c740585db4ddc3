import type { KubeObject } from '@kso/wire';
import { z } from 'zod';
import type { KubeClient } from '../client.ts';

/** A `coordination.k8s.io/v1` Lease: who holds it, and since when. */
export interface Lease {
  readonly object: KubeObject;
  /** Empty for nobody. */
  readonly holder: string;
  /** Changes with each renewal; only compared with what it was before, since clocks of two machines differ. */
  readonly renewTime: string;
  readonly durationMs: number;
  readonly transitions: number;
}

export type LeaseAnswer =
  | { readonly outcome: 'found'; readonly lease: Lease }
  | { readonly outcome: 'absent' }
  /** Somebody else was faster. */
  | { readonly outcome: 'lost' }
  | { readonly outcome: 'refused'; readonly detail: string };

export interface LeaseClaim {
  readonly holder: string;
  readonly nowMs: number;
  readonly durationMs: number;
}

const kind = { group: 'coordination.k8s.io', kind: 'Lease' };

const Spec = z.object({
  holderIdentity: z.string().nullish(),
  renewTime: z.string().nullish(),
  leaseDurationSeconds: z.number().nullish(),
  leaseTransitions: z.number().nullish(),
});

/** Reads and claims one Lease. @throws KUBE_UNREACHABLE, KUBE_API */
export interface LeaseLock {
  read(signal: AbortSignal): Promise<LeaseAnswer>;
  /** Makes it, or takes over the one that was read. */
  claim(before: Lease | undefined, claim: LeaseClaim, signal: AbortSignal): Promise<LeaseAnswer>;
}

export function createLeaseLock(
  { get, writer }: Pick<KubeClient, 'get' | 'writer'>,
  { namespace, name }: { readonly namespace: string; readonly name: string },
): LeaseLock {
  return {
    read: async (signal) => {
      const answer = await get(kind, namespace, name, signal);
      if (answer.outcome === 'found') return { outcome: 'found', lease: toLease(answer.object) };
      return answer.outcome === 'notFound' ? { outcome: 'absent' } : { outcome: 'refused', detail: answer.detail };
    },
    claim: async (before, { holder, nowMs, durationMs }, signal) => {
      const time = new Date(nowMs).toISOString().replace('Z', '000Z');
      const isNew = before?.holder !== holder;
      const former = before?.object['spec'];
      const spec = {
        ...(typeof former === 'object' ? former : {}),
        holderIdentity: holder,
        leaseDurationSeconds: Math.ceil(durationMs / 1000),
        renewTime: time,
        ...(isNew ? { acquireTime: time, leaseTransitions: before === undefined ? 0 : before.transitions + 1 } : {}),
      };
      const metadata = before?.object.metadata ?? { name, namespace };
      const object = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata, spec };
      const answer = await (before === undefined ? writer.create(object, signal) : writer.replace(object, signal));
      switch (answer.outcome) {
        case 'written':
          return { outcome: 'found', lease: toLease(answer.object) };
        case 'exists':
        case 'conflict':
        case 'notFound':
          return { outcome: 'lost' };
        default:
          return { outcome: 'refused', detail: answer.detail };
      }
    },
  };
}

function toLease(object: KubeObject): Lease {
  const spec = Spec.safeParse(object['spec']).data;
  return {
    object,
    holder: spec?.holderIdentity ?? '',
    renewTime: spec?.renewTime ?? '',
    durationMs: (spec?.leaseDurationSeconds ?? 0) * 1000,
    transitions: spec?.leaseTransitions ?? 0,
  };
}
