import type { KubeObject } from '@kso/wire';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createKubeClient, type KubeClient } from '../client.ts';
import { createManualClock, type FakeApiServer, type ManualClock, startFakeApiServer } from '../testing/index.ts';
import { createPullSecretReader, type PullSecretReader } from './pull-secret-reader.ts';

let server: FakeApiServer;
let client: KubeClient;
let clock: ManualClock;
let reader: PullSecretReader;

beforeEach(async () => {
  server = await startFakeApiServer();
  clock = createManualClock();
  client = createKubeClient(server.connection(), { clock, userAgent: 'test' });
  reader = createPullSecretReader(client, clock);
});
afterEach(async () => {
  await client.close();
  await server.stop();
});

const namespace = 'shop';
const base64 = (text: string): string => Buffer.from(text).toString('base64');
const named = (...names: readonly string[]) => names.map((name) => ({ name }));

function putSecret(name: string, data: Readonly<Record<string, string>>): void {
  const encoded = Object.fromEntries(Object.entries(data).map(([key, value]) => [key, base64(value)]));
  server.put({ apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace }, data: encoded });
}

function putAccount(name: string, ...secrets: readonly string[]): void {
  server.put({
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name, namespace },
    imagePullSecrets: named(...secrets),
  });
}

function putDeployment(spec: object): KubeObject {
  return server.put({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace },
    spec: { template: { spec } },
  });
}

const web = { namespace, kind: 'deployment', name: 'web' };

it("reads the pod's secrets and then the account's, in all their forms", async () => {
  putSecret('new', { '.dockerconfigjson': '{"auths":{}}' });
  putSecret('old', { '.dockercfg': '{}' });
  putSecret('plain', { username: 'u', password: 'p' });
  putAccount('deployer', 'plain', 'new');
  putDeployment({ imagePullSecrets: named('new', 'old'), serviceAccountName: 'deployer' });
  expect(await reader.ofWorkload(web)).toEqual({
    secrets: [
      { name: 'shop/new', namedBy: 'pod', content: { type: 'dockerConfig', text: '{"auths":{}}' } },
      { name: 'shop/old', namedBy: 'pod', content: { type: 'dockerConfig', text: '{}' } },
      { name: 'shop/plain', namedBy: 'serviceAccount', content: { type: 'login', username: 'u', password: 'p' } },
    ],
    gaps: [],
  });
});

it('takes the account "default" where a workload names none', async () => {
  putSecret('a', { '.dockercfg': '{}' });
  putAccount('default', 'a');
  putDeployment({});
  expect((await reader.ofWorkload(web)).secrets).toMatchObject([{ name: 'shop/a', namedBy: 'serviceAccount' }]);
});

it('reads by name only', async () => {
  putSecret('a', { '.dockercfg': '{}' });
  putAccount('default');
  putDeployment({ imagePullSecrets: named('a') });
  await reader.ofWorkload(web);
  const objects = server.requests.map(({ url }) => url).filter((url) => url.includes('/namespaces/'));
  expect(objects.every((url) => /\/namespaces\/shop\/[a-z]+\/[a-z]+$/.test(url))).toBe(true);
});

it('says what it could not read, and gives the rest', async () => {
  putSecret('a', { '.dockercfg': '{}' });
  putSecret('empty', { other: 'x' });
  server.refuse({ group: '', kind: 'ServiceAccount' }, 403);
  putDeployment({ imagePullSecrets: named('a', 'gone', 'empty') });
  const { secrets, gaps } = await reader.ofWorkload(web);
  expect(secrets.map(({ name }) => name)).toEqual(['shop/a']);
  expect(gaps.toSorted()).toEqual([
    'Secret shop/empty: holds no login',
    'Secret shop/gone: does not exist',
    'ServiceAccount shop/default: may not be read',
  ]);
});

it.each([
  [{ ...web, name: 'gone' }, 'deployment shop/gone: does not exist'],
  [{ ...web, kind: 'widget' }, 'widget shop/web: a kind without a pod template'],
])('%j has no secrets, and the reason', async (workload, gap) => {
  expect(await reader.ofWorkload(workload)).toEqual({ secrets: [], gaps: [gap] });
});

it('is asked once a minute for one workload', async () => {
  putAccount('default');
  putDeployment({});
  await reader.ofWorkload(web);
  const before = server.requests.length;
  await reader.ofWorkload(web);
  expect(server.requests).toHaveLength(before);
  await clock.advance(60_001);
  await reader.ofWorkload(web);
  expect(server.requests.length).toBeGreaterThan(before);
});

it('a server that breaks is a gap, not an error', async () => {
  putDeployment({});
  server.refuse({ group: 'apps', kind: 'Deployment' }, 500);
  const { gaps } = await reader.ofWorkload(web);
  expect(gaps).toEqual([expect.stringContaining('deployment shop/web: ')]);
});
