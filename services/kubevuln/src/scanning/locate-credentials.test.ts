import { readOutgoing, systemClock } from '@kso/kit';
import { createRegistryClient, type RegistryCredential } from '@kso/registry';
import { type FakeRegistry, startFakeRegistry } from '@kso/registry/testing';
import { createMemoryStore } from '@kso/store';
import { buildImage } from '@kso/testkit/images';
import { ImageScanJob } from '@kso/wire';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type CredentialFinder, nothingFound } from '../credentials/port.ts';
import { createImageLocator } from './locate-image.ts';

let registry: FakeRegistry;
const client = createRegistryClient({ outgoing: readOutgoing({}), clock: systemClock });

beforeEach(async () => {
  registry = await startFakeRegistry({ login: { scheme: 'basic', username: 'robot', password: 'secret' } });
  registry.push('app', '1', buildImage({ layers: [] }));
});
afterEach(() => registry.stop());

function locate(credentials: CredentialFinder) {
  const locator = createImageLocator({
    registry: client,
    results: createMemoryStore().results,
    clock: systemClock,
    credentials,
    defaultPlatform: 'linux/amd64',
  });
  return locator.locate({
    job: ImageScanJob.parse({ imageTag: `${registry.host}/app:1` }),
    credentials: [],
    signal: AbortSignal.timeout(30_000),
    remainingMs: () => 30_000,
  });
}

const credential = (origin: NonNullable<RegistryCredential['origin']>): RegistryCredential => ({
  username: 'robot',
  password: 'secret',
  authority: { host: registry.host, path: '' },
  origin,
});
const none = () => Promise.resolve(nothingFound);
const found = (...credentials: readonly RegistryCredential[]) => Promise.resolve({ ...nothingFound, credentials });

it.each(['0', 'Wed, 21 Oct 2015 07:28:00 GMT', '86400'])(
  'B19 a registry that limits requests with Retry-After %s is asked three times, and the waits are told',
  async (retryAfter) => {
    const limiting = await startFakeRegistry({
      intercept: (_request, response) => {
        response.writeHead(429, { 'retry-after': retryAfter }).end();
        return 'answered';
      },
    });
    const waits: number[] = [];
    const locator = createImageLocator({
      registry: client,
      results: createMemoryStore().results,
      clock: { now: () => Date.parse('2026-01-01T00:00:00Z'), sleep: () => Promise.resolve() },
      onWait: (ms) => waits.push(ms),
      defaultPlatform: 'linux/amd64',
    });
    const located = await locator.locate({
      job: ImageScanJob.parse({ imageTag: `${limiting.host}/app:1` }),
      credentials: [],
      signal: AbortSignal.timeout(30_000),
      remainingMs: () => 60_000,
    });
    expect(located).toMatchObject({ outcome: 'notEvaluated', reason: 'rateLimited' });
    expect(limiting.requests).toHaveLength(3);
    expect(waits).toHaveLength(2);
    for (const wait of waits) {
      expect(wait).toBeGreaterThanOrEqual(500);
      expect(wait).toBeLessThanOrEqual(30_000);
    }
    await limiting.stop();
  },
);

it("a workload's secret lets in, and the answer says which one it was", async () => {
  const origin = { kind: 'podPullSecret', name: 'shop/pull' } as const;
  const located = await locate({ find: () => found(credential(origin)), findAtCloud: none });
  expect(located).toMatchObject({ outcome: 'located', source: { resolved: { origin, login: { username: 'robot' } } } });
});

it('a cloud is asked when nothing else lets in', async () => {
  const origin = { kind: 'cloudIdentity', name: 'aws' } as const;
  const located = await locate({ find: none, findAtCloud: () => found(credential(origin)) });
  expect(located).toMatchObject({ outcome: 'located', source: { resolved: { origin } } });
});

it('a Secret that may not be read is said only where nobody is let in', async () => {
  const gaps = ['Secret shop/pull: may not be read'];
  const find = () => Promise.resolve({ ...nothingFound, gaps });
  expect(await locate({ find, findAtCloud: none })).toEqual({
    outcome: 'notEvaluated',
    reason: 'unauthorized',
    detail: expect.stringContaining('logins that could not be had: Secret shop/pull: may not be read'),
  });
  const origin = { kind: 'cloudIdentity', name: 'aws' } as const;
  expect(await locate({ find, findAtCloud: () => found(credential(origin)) })).toMatchObject({ outcome: 'located' });
});
