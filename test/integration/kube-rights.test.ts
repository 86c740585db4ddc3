import { createLogger, createMetrics, systemClock } from '@kso/kit';
import {
  type ClusterConnection,
  createKubeClient,
  createLeaderElection,
  findConnection,
  type KubeClient,
  serviceAccountTokens,
} from '@kso/kube';
import { type ControlPlane, startControlPlane } from '@kso/testkit/control-plane';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

let controlPlane: ControlPlane;
let connection: ClusterConnection;
let admin: KubeClient;

const options = { clock: systemClock, userAgent: 'kso-test' };

beforeAll(async () => {
  controlPlane = await startControlPlane();
  connection = await findConnection({ env: {}, clock: systemClock, kubeconfig: controlPlane.kubeconfig });
  admin = createKubeClient(connection, options);
});

afterAll(async () => {
  await admin?.close();
  await controlPlane?.stop();
});

/** As somebody who has this token and nothing else. */
function clientOf(token: string): KubeClient {
  return createKubeClient({ ...connection, headers: async () => ({ authorization: `Bearer ${token}` }) }, options);
}

const reviewRule = { apiGroups: ['authentication.k8s.io'], resources: ['tokenreviews'], verbs: ['create'] };

describe('rights on a real API server', () => {
  it('tells whose token it is, and for whom it was made', async () => {
    const token = await controlPlane.mintToken({ name: 'scheduler', rules: [] });
    expect(await admin.reviews.token(token, [])).toMatchObject({
      outcome: 'authenticated',
      user: 'system:serviceaccount:default:scheduler',
    });
    expect(await admin.reviews.token(token, ['kso-operator'])).toEqual({ outcome: 'unauthenticated' });
    expect(await admin.reviews.token(`${token}x`, [])).toEqual({ outcome: 'unauthenticated' });
    const stranger = clientOf(token);
    expect(await stranger.reviews.token(token, [])).toMatchObject({ outcome: 'forbidden' });
    await stranger.close();
  });

  it('lets a service check the tokens of its clients', async () => {
    const service = clientOf(await controlPlane.mintToken({ name: 'service', rules: [reviewRule] }));
    const [known, other] = await Promise.all([
      controlPlane.mintToken({ name: 'known', rules: [] }),
      controlPlane.mintToken({ name: 'other', rules: [] }),
    ]);
    const accounts = ['default/known'];
    const tokens = serviceAccountTokens({ reviews: service.reviews, clock: systemClock, audiences: [], accounts });
    expect(await tokens.authenticate(known)).toMatchObject({ outcome: 'accepted' });
    expect(await tokens.authenticate(other)).toEqual({ outcome: 'refused' });
    expect(await tokens.authenticate('nonsense')).toEqual({ outcome: 'refused' });
    await service.close();
  });

  it('knows what an account may do', async () => {
    const rules = [{ apiGroups: [''], resources: ['pods'], verbs: ['list'] }];
    const client = clientOf(await controlPlane.mintToken({ rules }));
    expect(await client.reviews.mayI({ verb: 'list', group: '', resource: 'pods' })).toBe(true);
    expect(await client.reviews.mayI({ verb: 'list', group: '', resource: 'pods', namespace: 'default' })).toBe(true);
    expect(await client.reviews.mayI({ verb: 'get', group: '', resource: 'pods/log' })).toBe(false);
    expect(await client.reviews.mayI({ verb: 'list', group: '', resource: 'secrets' })).toBe(false);
    await client.close();
  });

  it('elects one leader at a time', async () => {
    let leading = 0;
    let most = 0;
    const served: string[] = [];
    const stops = new Map<string, AbortController>();
    const runs = ['one', 'two', 'three'].map((identity) => {
      const stop = new AbortController();
      stops.set(identity, stop);
      const election = createLeaderElection(
        { namespace: 'default', name: 'test', identity, durationMs: 3000, renewDeadlineMs: 2000, retryMs: 100 },
        {
          client: admin,
          clock: systemClock,
          logger: createLogger({ service: 'test', level: 'silent' }),
          metrics: createMetrics(),
        },
      );
      return election.run(async (signal) => {
        leading += 1;
        most = Math.max(most, leading);
        served.push(identity);
        // Each one serves once and goes.
        stop.abort();
        if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
        leading -= 1;
      }, stop.signal);
    });
    await Promise.all(runs);
    expect(served.toSorted()).toEqual(['one', 'three', 'two']);
    expect(most).toBe(1);
  });
});
