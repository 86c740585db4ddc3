import { createKubeClient, type KubeClient } from '@kso/kube';
import { createManualClock, type FakeApiServer, startFakeApiServer } from '@kso/kube/testing';
import type { CloudLogins } from '@kso/registry';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createCredentialFinder } from './finder.ts';

let server: FakeApiServer;
let client: KubeClient;
const clock = createManualClock();

beforeEach(async () => {
  server = await startFakeApiServer();
  client = createKubeClient(server.connection(), { clock, userAgent: 'test' });
});
afterEach(async () => {
  await client.close();
  await server.stop();
});

const base64 = (text: string): string => Buffer.from(text).toString('base64');

function putSecret(namespace: string, name: string, data: Readonly<Record<string, string>>): void {
  const encoded = Object.fromEntries(Object.entries(data).map(([key, value]) => [key, base64(value)]));
  server.put({ apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace }, data: encoded });
}

function putRegistries(name: string, ...entries: readonly object[]): void {
  putSecret('kubescape', name, { registriesAuth: JSON.stringify(entries) });
}

function putWorkload(...secrets: readonly string[]): void {
  const namespace = 'shop';
  server.put({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default', namespace } });
  server.put({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace },
    spec: { template: { spec: { imagePullSecrets: secrets.map((name) => ({ name })) } } },
  });
}

const signal = new AbortController().signal;
const request = {
  job: { wlid: 'wlid://cluster-c/namespace-shop/deployment-web' },
  registry: 'registry.example.com',
  repository: 'team/app',
  signal,
};
const finder = (changes: { pullSecrets?: boolean; clouds?: CloudLogins } = {}) =>
  createCredentialFinder({ clock, client, namespace: 'kubescape', pullSecrets: true, ...changes });

describe('logins for an image', () => {
  it('are those of configured registries and of the workload, each with where it is from', async () => {
    putRegistries('kubescape-registry-scan-secrets', {
      registry: 'registry.example.com/team',
      username: 'configured',
      password: 'a.....b',
      skipTLSVerify: true,
    });
    // B17: an entry that has only `auth`.
    putSecret('shop', 'pull', {
      '.dockerconfigjson': JSON.stringify({ auths: { 'registry.example.com': { auth: base64('robot:pa:ss') } } }),
    });
    putWorkload('pull');
    expect(await finder().find(request)).toEqual({
      credentials: [
        {
          username: 'configured',
          password: 'a.....b',
          authority: { host: 'registry.example.com', path: 'team' },
          origin: { kind: 'registrySecret', name: 'kubescape/kubescape-registry-scan-secrets' },
        },
        {
          username: 'robot',
          password: 'pa:ss',
          authority: { host: 'registry.example.com', path: '' },
          origin: { kind: 'podPullSecret', name: 'shop/pull' },
        },
      ],
      switches: { plainHttp: undefined, skipTlsVerify: true },
      gaps: [],
    });
  });

  it('B29 a configured registry is for its host and path, not for names that hold it', async () => {
    putRegistries('kubescape-registry-scan-1', { registry: 'registry.example.com/team', username: 'u', password: 'p' });
    for (const [registry, repository] of [
      ['registry.example.com.evil.test', 'team/app'],
      ['evil-registry.example.com', 'team/app'],
      ['registry.example.com', 'teammate/app'],
      ['docker.io', 'library/team'],
    ] as const) {
      const found = await finder().find({ ...request, registry, repository });
      expect(found.credentials).toEqual([]);
    }
  });

  it('the Secret that a scan of a registry names comes first', async () => {
    putRegistries('kubescape-registry-scan-1', { registry: 'registry.example.com', username: 'one', password: 'p' });
    putRegistries('kubescape-registry-scan-2', { registry: 'registry.example.com', username: 'two', password: 'p' });
    putRegistries('other', { registry: 'registry.example.com', username: 'three', password: 'p' });
    const users = async (registrySecret?: string) => {
      const job = { wlid: '', ...(registrySecret === undefined ? {} : { registrySecret }) };
      const { credentials } = await finder().find({ ...request, job });
      return credentials.map(({ username }) => username);
    };
    expect(await users()).toEqual(['one', 'two']);
    expect(await users('kubescape-registry-scan-2')).toEqual(['two', 'one']);
  });

  it('the Secret of a registry object has the login of its provider, by its name where Secrets may not be listed', async () => {
    putSecret('kubescape', 'kubescape-registry-scan-7', {
      registriesAuth: JSON.stringify({ instanceURL: 'https://registry.example.com', username: 'u', password: 'p' }),
    });
    const job = { wlid: '', registrySecret: 'kubescape-registry-scan-7' };
    const origin = { kind: 'registrySecret', name: 'kubescape/kubescape-registry-scan-7' };
    expect(await finder().find({ ...request, job })).toMatchObject({ credentials: [{ username: 'u', origin }] });
    const list = () => {
      throw new Error('may not be listed');
    };
    const named = createCredentialFinder({
      clock,
      client: { get: client.get, list },
      namespace: 'kubescape',
      pullSecrets: false,
    });
    expect(await named.find({ ...request, job })).toMatchObject({ credentials: [{ username: 'u', origin }] });
    const other = { ...job, registrySecret: 'database-password' };
    expect(await named.find({ ...request, job: other })).toMatchObject({ credentials: [] });
    expect(server.requests.filter(({ url }) => url.includes('database-password'))).toEqual([]);
  });

  it('the Secret with keys of a cloud is exchanged, and stays its origin', async () => {
    const registry = '123456789012.dkr.ecr.eu-west-1.amazonaws.com';
    putSecret('kubescape', 'kubescape-registry-scan-8', {
      registriesAuth: JSON.stringify({ registryURI: registry, accessKeyID: 'A', secretAccessKey: 'k' }),
    });
    const asked: unknown[] = [];
    const clouds: CloudLogins = {
      loginFor: (_host, identity) => {
        asked.push(identity);
        return Promise.resolve({ outcome: 'login', cloud: 'aws', login: { username: 'AWS', password: 'token' } });
      },
    };
    expect(await finder({ clouds }).find({ ...request, registry })).toMatchObject({
      credentials: [
        { username: 'AWS', origin: { kind: 'registrySecret', name: 'kubescape/kubescape-registry-scan-8' } },
      ],
    });
    expect(asked).toEqual([{ type: 'awsKeys', keys: { accessKeyId: 'A', secretAccessKey: 'k' } }]);
  });

  it("the chart's Secret is read by its name where Secrets may not be listed, and what may not be read is said", async () => {
    server.refuse({ group: '', kind: 'Secret' }, 403);
    putWorkload('pull');
    const { credentials, gaps } = await finder().find(request);
    expect(credentials).toEqual([]);
    expect(gaps).toEqual([
      'Secret kubescape/kubescape-registry-scan-secrets: may not be read',
      'Secret shop/pull: may not be read',
    ]);
  });

  it('Secrets that are known by name are read so, in either form, and nothing is listed', async () => {
    putRegistries('kubescape-registry-scan-1', { registry: 'registry.example.com', username: 'one', password: 'p' });
    putRegistries('theirs', { registry: 'registry.example.com', username: 'two', password: 'p' });
    const auths = { 'registry.example.com/team': { username: 'three', password: 'p' }, 'empty.example.com': {} };
    putSecret('kubescape', 'docker', { '.dockerconfigjson': JSON.stringify({ auths }) });
    const { find } = createCredentialFinder({
      clock,
      client,
      namespace: 'kubescape',
      secretNames: ['theirs', 'docker', 'gone'],
      pullSecrets: false,
    });
    const { credentials, gaps } = await find(request);
    expect(credentials.map(({ username, origin }) => [username, origin?.name])).toEqual([
      ['two', 'kubescape/theirs'],
      ['three', 'kubescape/docker'],
    ]);
    expect(gaps).toEqual(['Secret kubescape/docker: 1 entries hold no login']);
    expect(server.requests.filter(({ url }) => /\/secrets(\?|$)/.test(url))).toEqual([]);
  });

  it('one switch keeps it from reading Secrets of workloads', async () => {
    putWorkload('pull');
    await finder({ pullSecrets: false }).find(request);
    expect(server.requests.filter(({ url }) => url.includes('/namespaces/shop/'))).toEqual([]);
  });
});

describe('logins of a cloud', () => {
  const login = { username: 'AWS', password: 'p' };
  it.each([
    [
      { outcome: 'login', cloud: 'aws', login } as const,
      {
        credentials: [
          { ...login, authority: { host: request.registry, path: '' }, origin: { kind: 'cloudIdentity', name: 'aws' } },
        ],
        gaps: [],
      },
    ],
    [
      { outcome: 'none', cloud: 'google', detail: 'HTTP 404' } as const,
      { credentials: [], gaps: ['google identity: HTTP 404'] },
    ],
    [{ outcome: 'notCloud' } as const, { credentials: [], gaps: [] }],
  ])('%j', async (answer, found) => {
    const clouds = { loginFor: () => Promise.resolve(answer) };
    expect(await finder({ clouds }).findAtCloud(request)).toMatchObject(found);
  });
});
