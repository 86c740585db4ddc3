import { createLogger, createMetrics } from '@kso/kit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createKubeClient, type KubeClient } from '../client.ts';
import { createManualClock, type FakeApiServer, type ManualClock, startFakeApiServer } from '../testing/index.ts';
import { createLeaderElection } from './leader-election.ts';

const lease = { group: 'coordination.k8s.io', kind: 'Lease' };
const place = { namespace: 'kubescape', name: 'kollector' };

let server: FakeApiServer;
let clock: ManualClock;
let clients: KubeClient[];

beforeEach(async () => {
  server = await startFakeApiServer();
  clock = createManualClock();
  clients = [];
});

afterEach(async () => {
  await Promise.all(clients.map((client) => client.close()));
  await server.stop();
});

/** One process that wants to lead; `terms` are its times in office, `stop` ends it in the orderly way. */
function candidate(identity: string) {
  const client = createKubeClient(server.connection(), { clock, userAgent: 'kso-test' });
  clients.push(client);
  const logger = createLogger({ service: 'test', level: 'silent' });
  const election = createLeaderElection(
    { ...place, identity },
    { clock, logger, metrics: createMetrics(), client, random: () => 0 },
  );
  const stopping = new AbortController();
  const waiting = new Set<() => void>();
  const terms: ('leads' | 'ended')[] = [];
  const enter = (event: 'leads' | 'ended') => {
    terms.push(event);
    for (const check of waiting) check();
  };
  const run = election.run(async (signal) => {
    enter('leads');
    await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
    enter('ended');
  }, stopping.signal);
  return {
    election,
    terms,
    client,
    until: (count: number) =>
      new Promise<void>((resolve) => {
        const check = () => {
          if (terms.length >= count) resolve();
        };
        waiting.add(check);
        check();
      }),
    stop: async () => {
      stopping.abort();
      await run;
    },
  };
}

/** Lets time pass as slowly as the requests in between need. */
async function pass(ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= 1000) {
    await clock.sleeping();
    await clock.advance(1000);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

const holder = async (client: KubeClient) => {
  const found = await client.get(lease, place.namespace, place.name);
  return found.outcome === 'found' ? (found.object['spec'] as Record<string, unknown>) : undefined;
};

describe('leader election', () => {
  it('lets one lead and the other wait, for as long as the first renews', async () => {
    const first = candidate('one');
    await first.until(1);
    const second = candidate('two');
    await pass(60_000);
    expect([first.terms, second.terms]).toEqual([['leads'], []]);
    expect([first.election.isLeader, second.election.isLeader]).toEqual([true, false]);
    expect(await holder(first.client)).toMatchObject({
      holderIdentity: 'one',
      leaseDurationSeconds: 15,
      leaseTransitions: 0,
    });
    await Promise.all([first.stop(), second.stop()]);
  });

  it('gives the Lease back at the end, so that the next one need not wait', async () => {
    const first = candidate('one');
    await first.until(1);
    const second = candidate('two');
    await pass(2000);
    await first.stop();
    expect(first.terms).toEqual(['leads', 'ended']);
    await pass(3000);
    await second.until(1);
    expect(await holder(second.client)).toMatchObject({ holderIdentity: 'two', leaseTransitions: 2 });
    await second.stop();
  });

  it('takes over from one that went silent, not before its time is over', async () => {
    server.put({
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: place,
      // A clock far ahead of ours: only what is seen counts.
      spec: {
        holderIdentity: 'gone',
        renewTime: '2099-01-01T00:00:00.000000Z',
        leaseDurationSeconds: 15,
        leaseTransitions: 4,
      },
    });
    const second = candidate('two');
    await pass(14_000);
    expect(second.terms).toEqual([]);
    await pass(4000);
    await second.until(1);
    expect(await holder(second.client)).toMatchObject({ holderIdentity: 'two', leaseTransitions: 5 });
    await second.stop();
  });

  it('steps down when it cannot renew, before another may begin, and leads again later', async () => {
    const first = candidate('one');
    await first.until(1);
    server.refuse(lease, 503);
    await pass(8000);
    expect(first.terms).toEqual(['leads']);
    await pass(4000);
    await first.until(2);
    expect(first.election.isLeader).toBe(false);
    server.refuse(lease, undefined);
    await pass(4000);
    await first.until(3);
    await first.stop();
    expect(first.terms).toEqual(['leads', 'ended', 'leads', 'ended']);
  });

  it('steps down when the server takes the connection and says nothing', async () => {
    const first = candidate('one');
    await first.until(1);
    server.blackHole(true);
    await pass(10_000);
    await first.until(2);
    expect(first.terms).toEqual(['leads', 'ended']);
    server.blackHole(false);
    await first.stop();
  });

  it('steps down at once when another has taken the Lease', async () => {
    const first = candidate('one');
    await first.until(1);
    await first.client.writer.patch({ ...lease, ...place }, { spec: { holderIdentity: 'thief', renewTime: 'now' } });
    await pass(3000);
    await first.until(2);
    expect(first.election.isLeader).toBe(false);
    await first.stop();
    expect(await holder(first.client)).toMatchObject({ holderIdentity: 'thief' });
  });

  it('waits and says why when it has no right to the Lease', async () => {
    server.refuse(lease, 403);
    const first = candidate('one');
    await pass(10_000);
    expect(first.terms).toEqual([]);
    await first.stop();
  });
});
