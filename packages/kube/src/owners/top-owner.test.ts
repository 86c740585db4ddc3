import type { KubeObject, OwnerReference } from '@kso/wire';
import { describe, expect, it } from 'vitest';
import { createManualClock } from '../testing/index.ts';
import { createOwnerLookup } from './owner-lookup.ts';
import { type OwnerLookup, topOwner } from './top-owner.ts';

function ref(apiVersion: string, kind: string, name: string): OwnerReference {
  return { apiVersion, kind, name, uid: `uid-${name}`, controller: true };
}

function aPod(owner?: OwnerReference, metadata: Record<string, unknown> = {}): KubeObject {
  const ownerReferences = owner === undefined ? {} : { ownerReferences: [owner] };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'web-7d4-x', namespace: 'shop', uid: 'uid-pod', ...ownerReferences, ...metadata },
  };
}

const replicaSet = ref('apps/v1', 'ReplicaSet', 'web-7d4');
const deployment = ref('apps/v1', 'Deployment', 'web');

/** A cluster in which only these owners can be read. */
function cluster(owners: Record<string, OwnerLookup>) {
  const asked: string[] = [];
  const lookUp = async ({ group, kind }: { group: string; kind: string }, namespace: string, name: string) => {
    asked.push(`${group}/${kind} ${namespace}/${name}`);
    return owners[`${kind}/${name}`] ?? ({ outcome: 'unread' } as const);
  };
  return { lookUp, asked };
}

describe('the top owner of a pod', () => {
  it('is the Deployment behind its ReplicaSet, which alone is read', async () => {
    const { lookUp, asked } = cluster({
      'ReplicaSet/web-7d4': { outcome: 'found', uid: 'uid-web-7d4', owner: deployment },
    });
    const top = await topOwner(aPod(replicaSet), lookUp);
    expect(top).toEqual({ apiVersion: 'apps/v1', kind: 'Deployment', name: 'web', namespace: 'shop', uid: 'uid-web' });
    expect(asked).toEqual(['apps/ReplicaSet shop/web-7d4']);
  });

  it('is the CronJob behind its Job', async () => {
    const { lookUp } = cluster({
      'Job/nightly-1': { outcome: 'found', owner: ref('batch/v1', 'CronJob', 'nightly') },
    });
    expect(await topOwner(aPod(ref('batch/v1', 'Job', 'nightly-1')), lookUp)).toMatchObject({
      kind: 'CronJob',
      name: 'nightly',
    });
  });

  it('is a ReplicaSet or Job that nobody owns', async () => {
    const { lookUp } = cluster({ 'ReplicaSet/web-7d4': { outcome: 'found' } });
    expect(await topOwner(aPod(replicaSet), lookUp)).toMatchObject({ kind: 'ReplicaSet', name: 'web-7d4' });
  });

  it.each(['DaemonSet', 'StatefulSet'])('is a %s as named by the reference, without a request', async (kind) => {
    const { lookUp, asked } = cluster({});
    expect(await topOwner(aPod(ref('apps/v1', kind, 'db')), lookUp)).toMatchObject({ kind, name: 'db' });
    expect(asked).toEqual([]);
  });

  it('is the owner of a custom kind, also one behind a ReplicaSet', async () => {
    const rollout = ref('argoproj.io/v1alpha1', 'Rollout', 'web');
    const { lookUp } = cluster({ 'ReplicaSet/web-7d4': { outcome: 'found', owner: rollout } });
    expect(await topOwner(aPod(replicaSet), lookUp)).toMatchObject({
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'Rollout',
    });
  });

  it('is the pod itself without an owner, and for a static pod, which a Node owns', async () => {
    const { lookUp } = cluster({});
    expect(await topOwner(aPod(), lookUp)).toMatchObject({ kind: 'Pod', name: 'web-7d4-x', uid: 'uid-pod' });
    expect(await topOwner(aPod(ref('v1', 'Node', 'node-1')), lookUp)).toMatchObject({ kind: 'Pod' });
  });

  it('is found by the generated name when the reference was taken away', async () => {
    const { lookUp } = cluster({ 'ReplicaSet/web-7d4': { outcome: 'found', owner: deployment } });
    const orphan = aPod(undefined, { generateName: 'web-7d4-', labels: { 'pod-template-hash': '7d4' } });
    expect(await topOwner(orphan, lookUp)).toMatchObject({ kind: 'Deployment', name: 'web' });
  });

  it('stays with the child when the owner cannot be read, and names the owner', async () => {
    const { lookUp } = cluster({});
    expect(await topOwner(aPod(replicaSet), lookUp)).toMatchObject({ kind: 'Pod', unread: replicaSet });
  });

  it('does not take a namesake of a deleted owner for it', async () => {
    const { lookUp } = cluster({ 'ReplicaSet/web-7d4': { outcome: 'found', uid: 'another', owner: deployment } });
    expect(await topOwner(aPod(replicaSet), lookUp)).toMatchObject({ kind: 'Pod', unread: replicaSet });
  });

  it('ends for owners that own each other', async () => {
    const { lookUp } = cluster({
      'Job/a': { outcome: 'found', owner: ref('batch/v1', 'Job', 'b') },
      'Job/b': { outcome: 'found', owner: ref('batch/v1', 'Job', 'a') },
    });
    expect(await topOwner(aPod(ref('batch/v1', 'Job', 'a')), lookUp)).toMatchObject({ kind: 'Job' });
  });
});

describe('the look-up of owners', () => {
  const kind = { group: 'apps', kind: 'ReplicaSet' };
  const found = (): KubeObject => ({
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: { name: 'web-7d4', namespace: 'shop', uid: 'uid-web-7d4', ownerReferences: [deployment] },
  });

  it('asks once for the pods of a ReplicaSet, and again after a minute', async () => {
    const clock = createManualClock();
    let requests = 0;
    const get = async () => {
      requests += 1;
      return { outcome: 'found', object: found() } as const;
    };
    const lookUp = createOwnerLookup({ get }, clock);
    const answers = await Promise.all(Array.from({ length: 50 }, () => lookUp(kind, 'shop', 'web-7d4')));
    expect(answers[49]).toEqual({ outcome: 'found', uid: 'uid-web-7d4', owner: deployment });
    expect(requests).toBe(1);
    await clock.advance(61_000);
    await lookUp(kind, 'shop', 'web-7d4');
    expect(requests).toBe(2);
  });

  it('takes missing and forbidden for unread, and forgets failures of the server', async () => {
    let fails = true;
    const get = async () => {
      if (fails) throw new Error('away');
      return { outcome: 'forbidden', detail: 'no' } as const;
    };
    const lookUp = createOwnerLookup({ get }, createManualClock());
    await expect(lookUp(kind, 'shop', 'web-7d4')).rejects.toThrow('away');
    fails = false;
    expect(await lookUp(kind, 'shop', 'web-7d4')).toEqual({ outcome: 'unread' });
  });

  it('keeps no more than it may', async () => {
    const asked: string[] = [];
    const get = async (_kind: unknown, _namespace: string | undefined, name: string) => {
      asked.push(name);
      return { outcome: 'notFound', detail: '' } as const;
    };
    const lookUp = createOwnerLookup({ get }, createManualClock(), { maxEntries: 2 });
    for (const name of ['a', 'b', 'c', 'c', 'b', 'a']) await lookUp(kind, 'shop', name);
    expect(asked).toEqual(['a', 'b', 'c', 'a']);
  });
});
