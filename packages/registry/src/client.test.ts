import { type ImageReference, parseImageReference } from '@kso/domain';
import { readOutgoing, systemClock } from '@kso/kit';
import { buildImage, buildIndex, layer } from '@kso/testkit/images';
import { afterEach, describe, expect, it } from 'vitest';
import { createRegistryClient, type ResolveRequest } from './client.ts';
import { credentialsOfRequest } from './credentials/credential.ts';
import { type FakeRegistry, type FakeRegistryOptions, startFakeRegistry } from './testing/index.ts';

const password = `p[a<s#s(w~K%o|r?d&'"$x`;
const amd64 = buildImage({ layers: [layer([{ type: 'file', path: 'a', content: 'amd64' }])] });
const arm64 = buildImage({
  platform: 'linux/arm64/v8',
  layers: [layer([{ type: 'file', path: 'a', content: 'arm' }])],
});
const windows = buildImage({ platform: 'windows/amd64', layers: [] });

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

async function start(options: FakeRegistryOptions = {}): Promise<FakeRegistry> {
  const registry = await startFakeRegistry(options);
  cleanups.push(() => registry.stop());
  return registry;
}

function reference(text: string): ImageReference {
  const parsed = parseImageReference(text);
  if (parsed.type !== 'reference') throw new Error(`no reference: ${text}`);
  return parsed.reference;
}

function resolve(image: string, changes: Partial<ResolveRequest> = {}) {
  const client = createRegistryClient({ outgoing: readOutgoing({}), clock: systemClock, stallTimeoutMs: 1000 });
  cleanups.push(() => client.close());
  return client.resolve({
    reference: reference(image),
    platform: { os: 'linux', architecture: 'amd64' },
    credentials: [],
    signal: AbortSignal.timeout(10_000),
    ...changes,
  });
}

describe('resolving a reference', () => {
  it('a tag becomes the digest of the manifest, with platform and layers', async () => {
    const registry = await start();
    registry.push('shop/cart', '1', amd64);
    expect(await resolve(`${registry.host}/shop/cart:1`)).toEqual({
      outcome: 'resolved',
      image: {
        digest: amd64.descriptor.digest,
        platform: { os: 'linux', architecture: 'amd64' },
        layers: [expect.objectContaining({ digest: expect.stringMatching(/^sha256:/) })],
        compressedBytes: expect.any(Number),
      },
      switches: { plainHttp: true, skipTlsVerify: false },
    });
  });

  it('an index becomes the image of the platform that is asked for, whatever machine this is', async () => {
    const registry = await start();
    registry.push('app', '1', buildIndex([amd64, arm64]));
    const platform = { os: 'linux', architecture: 'arm64' };
    expect(await resolve(`${registry.host}/app:1`, { platform })).toMatchObject({
      image: { digest: arm64.descriptor.digest, platform: { architecture: 'arm64', variant: 'v8' } },
    });
    expect(await resolve(`${registry.host}/app:1`)).toMatchObject({ image: { digest: amd64.descriptor.digest } });
  });

  it('B25 an image for another system is "platform not supported", with what there is', async () => {
    const registry = await start();
    registry.push('win', '1', windows);
    registry.push('both', '1', buildIndex([windows, arm64]));
    expect(await resolve(`${registry.host}/win:1`)).toEqual({
      outcome: 'platformNotSupported',
      wanted: 'linux/amd64',
      offered: ['windows/amd64'],
    });
    expect(await resolve(`${registry.host}/both:1`)).toMatchObject({ offered: ['windows/amd64', 'linux/arm64/v8'] });
  });

  it('names what the registry does not have', async () => {
    const registry = await start();
    const detail = expect.stringContaining('HTTP 404 MANIFEST_UNKNOWN');
    expect(await resolve(`${registry.host}/no/such:1`)).toEqual({ outcome: 'manifestUnknown', detail });
  });

  it('does not take content whose digest is wrong', async () => {
    const registry = await start({
      intercept: (_request, response) => {
        response.end(amd64.manifest);
        return 'answered';
      },
    });
    expect(await resolve(`${registry.host}/app@${arm64.descriptor.digest}`)).toMatchObject({
      outcome: 'invalidAnswer',
    });
  });

  it.each([
    ['{"schemaVersion":1,"fsLayers":[]}', 'schemaNotSupported'],
    ['<html>', 'invalidAnswer'],
    ['{"schemaVersion":2,"config":{"digest":"sha256:../../etc/passwd","size":1},"layers":[]}', 'invalidAnswer'],
  ])('%s is %s', async (body, outcome) => {
    const registry = await start({
      intercept: (_request, response) => {
        response.end(body);
        return 'answered';
      },
    });
    expect(await resolve(`${registry.host}/app:1`)).toMatchObject({ outcome });
  });

  it('stops reading an answer without end', async () => {
    const registry = await start({
      intercept: (_request, response) => {
        const chunk = Buffer.alloc(1024 * 1024, 0x20);
        const more = (): void => {
          if (!response.destroyed) response.write(chunk, () => setImmediate(more));
        };
        more();
        return 'answered';
      },
    });
    expect(await resolve(`${registry.host}/app:1`)).toMatchObject({ outcome: 'invalidAnswer' });
  });

  it('tells when to come back', async () => {
    const registry = await start({
      intercept: (_request, response) => {
        response.writeHead(429, { 'retry-after': '7' }).end();
        return 'answered';
      },
    });
    expect(await resolve(`${registry.host}/app:1`)).toMatchObject({ outcome: 'rateLimited', retryAfterMs: 7000 });
  });

  it('a registry that is not there is unreachable', async () => {
    const registry = await start();
    await registry.stop();
    expect(await resolve(`${registry.host}/app:1`)).toMatchObject({ outcome: 'unreachable' });
  });

  it('B20 a registry that accepts and says nothing holds nobody up', async () => {
    const registry = await start({ intercept: () => 'answered' });
    expect(await resolve(`${registry.host}/app:1`)).toMatchObject({ outcome: 'unreachable' });
  });

  it('ends at once when the signal aborts', async () => {
    const stop = new AbortController();
    const registry = await start({
      intercept: () => {
        stop.abort();
        return 'answered';
      },
    });
    expect(await resolve(`${registry.host}/app:1`, { signal: stop.signal })).toEqual({ outcome: 'cancelled' });
  });
});

describe('logging in', () => {
  const login = (host: string, word = password) =>
    credentialsOfRequest([{ serveraddress: host, username: 'robot', password: word }], host);

  it.each(['basic', 'bearer'] as const)('with %s, every byte of the password as it is', async (scheme) => {
    const registry = await start({ login: { scheme, username: 'robot', password } });
    registry.push('app', '1', amd64);
    const credentials = login(registry.host);
    expect(await resolve(`${registry.host}/app:1`, { credentials })).toMatchObject({ outcome: 'resolved' });
    expect(registry.requests.every(({ url }) => !url.includes('robot'))).toBe(true);
  });

  it('anonymous tokens are fetched where a registry wants them', async () => {
    const registry = await start({ login: { scheme: 'bearer', username: 'x', password: 'y' }, anonymousTokens: true });
    registry.push('app', '1', amd64);
    expect(await resolve(`${registry.host}/app:1`)).toMatchObject({ outcome: 'resolved' });
  });

  it.each([
    [429, { outcome: 'rateLimited', retryAfterMs: 7000 }],
    [503, { outcome: 'unreachable' }],
    [403, { outcome: 'unauthorized' }],
  ])('a token server that answers %d', async (status, resolution) => {
    const registry = await start({
      login: { scheme: 'bearer', username: 'robot', password },
      intercept: (request, response) => {
        if (request.url?.startsWith('/token') !== true) return undefined;
        response.writeHead(status, { 'retry-after': '7' }).end();
        return 'answered';
      },
    });
    registry.push('app', '1', amd64);
    const credentials = login(registry.host);
    expect(await resolve(`${registry.host}/app:1`, { credentials })).toMatchObject(resolution);
  });

  it('an identity token is exchanged, also for the program that pulls', async () => {
    const tokens: string[] = [];
    const registry = await start({
      login: { scheme: 'bearer', username: 'x', password: 'y' },
      intercept: (request, response) => {
        if (request.url !== '/token' || request.method !== 'POST') return undefined;
        request.setEncoding('utf8').on('data', (body: string) => tokens.push(body));
        request.on('end', () => response.end(JSON.stringify({ access_token: 'token-of-the-fake-registry' })));
        return 'answered';
      },
    });
    registry.push('app', '1', amd64);
    const credentials = credentialsOfRequest([{ identitytoken: 'refresh' }], registry.host);
    expect(await resolve(`${registry.host}/app:1`, { credentials })).toMatchObject({
      outcome: 'resolved',
      login: { registryToken: 'token-of-the-fake-registry' },
    });
    expect(tokens.join('')).toContain('refresh_token=refresh');
  });

  it('a wrong password is "unauthorized", after one try without any', async () => {
    const registry = await start({ login: { scheme: 'basic', username: 'robot', password } });
    registry.push('app', '1', amd64);
    const credentials = login(registry.host, 'wrong');
    expect(await resolve(`${registry.host}/app:1`, { credentials })).toMatchObject({ outcome: 'unauthorized' });
    expect(registry.requests).toHaveLength(3);
  });

  it('B29 a credential of another registry is not shown to this one', async () => {
    const registry = await start({ login: { scheme: 'basic', username: 'robot', password } });
    const credentials = login('registry.example.com');
    expect(await resolve(`${registry.host}/app:1`, { credentials })).toMatchObject({ outcome: 'unauthorized' });
    expect(registry.requests.every(({ authorization }) => authorization === undefined)).toBe(true);
  });

  it('B29 a redirect to another host does not take the credential along', async () => {
    const storage = await start();
    storage.push('app', '1', amd64);
    const registry = await start({
      login: { scheme: 'basic', username: 'robot', password },
      intercept: (request, response) => {
        if (request.url?.includes('/blobs/') !== true) return undefined;
        response.writeHead(307, { location: `http://${storage.host}${request.url}` }).end();
        return 'answered';
      },
    });
    registry.push('app', '1', amd64);
    const credentials = login(registry.host);
    expect(await resolve(`${registry.host}/app:1`, { credentials })).toMatchObject({ outcome: 'resolved' });
    expect(storage.requests.map(({ authorization }) => authorization)).toEqual([undefined]);
  });

  it('B29 a token server of somebody else is not shown the credential, and the answer says so', async () => {
    const registry = await start({
      intercept: (request, response) => {
        if (request.url?.startsWith('/token') === true) {
          response.end(JSON.stringify({ token: 'anonymous' }));
          return 'answered';
        }
        const realm = `Bearer realm="http://localhost:${request.socket.localPort}/token",service="x"`;
        response.writeHead(401, { 'www-authenticate': realm }).end();
        return 'answered';
      },
    });
    const resolution = await resolve(`${registry.host}/app:1`, { credentials: login(registry.host) });
    expect(resolution).toMatchObject({
      outcome: 'unauthorized',
      detail: expect.stringContaining("not the registry's own"),
    });
    const basics = registry.requests.filter(({ authorization }) => authorization?.startsWith('Basic'));
    expect(basics).toEqual([]);
  });

  it('further logins are fetched only when those at hand are refused, and the answer says which one it was', async () => {
    const registry = await start({ login: { scheme: 'basic', username: 'robot', password } });
    registry.push('app', '1', amd64);
    const origin = { kind: 'cloudIdentity', name: 'aws' } as const;
    let asked = 0;
    const fallback = async () => {
      asked += 1;
      return login(registry.host).map((credential) => ({ ...credential, origin }));
    };
    const credentials = login(registry.host, 'wrong');
    const resolution = await resolve(`${registry.host}/app:1`, { credentials, fallback });
    expect(resolution).toMatchObject({ outcome: 'resolved', origin, login: { username: 'robot' } });
    expect(asked).toBe(1);
    await resolve(`${registry.host}/app:1`, { credentials: login(registry.host), fallback });
    expect(asked).toBe(1);
  });
});
