import { describe, expect, it } from 'vitest';
import { parseAuthority } from './authority.ts';
import { credentialsFor, credentialsOfRequest, readLogin } from './credential.ts';
import { parseDockerConfig } from './docker-config.ts';

const auth = (text: string) => Buffer.from(text).toString('base64');

describe('B17 docker configuration', () => {
  it('reads entries with only `auth`, and tells those that hold no login', () => {
    const text = JSON.stringify({
      auths: {
        'registry.example.com': { auth: 'cm9ib3Q6cGE6c3M=' },
        'http-mirror.example.com/team': { username: 'robot', auth: 'cm9ib3Q6cGE6c3M=' },
        'https://index.docker.io/v1/': { auth: 'bm90LWJhc2U2NA' },
      },
    });
    expect(parseDockerConfig(text)).toEqual({
      credentials: [
        { authority: { host: 'registry.example.com', path: '' }, username: 'robot', password: 'pa:ss' },
        { authority: { host: 'http-mirror.example.com', path: 'team' }, username: 'robot', password: 'pa:ss' },
      ],
      unusable: ['https://index.docker.io/v1/'],
    });
  });

  it('reads the older form without `auths`', () => {
    const { credentials } = parseDockerConfig(JSON.stringify({ 'r.example.com': { auth: auth('u:p') } }));
    expect(credentials).toEqual([{ authority: { host: 'r.example.com', path: '' }, username: 'u', password: 'p' }]);
  });

  it.each(['', 'no json', '[]', '{"auths":[]}', '{"auths":{"r":7}}', '{"auths":{"r":{"username":1}}}', 'null'])(
    'finds no credentials in %s, and does not throw',
    (text) => {
      expect(parseDockerConfig(text).credentials).toEqual([]);
    },
  );

  it('a complete pair wins over a broken `auth`', () => {
    expect(readLogin({ username: 'u', password: 'p', auth: '###' })).toEqual({ username: 'u', password: 'p' });
  });

  it('takes tokens', () => {
    expect(readLogin({ identitytoken: 'i' })).toEqual({ identityToken: 'i' });
    expect(readLogin({ registrytoken: 'r', auth: '' })).toEqual({ registryToken: 'r' });
  });
});

describe('parseAuthority', () => {
  it.each([
    ['https://index.docker.io/v1/', 'docker.io', ''],
    ['index.docker.io', 'docker.io', ''],
    ['registry-1.docker.io', 'docker.io', ''],
    ['http-mirror.example.com', 'http-mirror.example.com', ''],
    ['https', 'https', ''],
    ['https://R.example.com:5000/team/', 'r.example.com:5000', 'team'],
    ['[2001:db8::1]:5000/a/b', '[2001:db8::1]:5000', 'a/b'],
    ['https://r.example.com/v2', 'r.example.com', ''],
  ])('%s', (text, host, path) => {
    expect(parseAuthority(text)).toEqual({ host, path });
  });

  it.each(['', 'https://', '/path', 'us er'])('finds no host in "%s"', (text) => {
    expect(parseAuthority(text)).toBeUndefined();
  });
});

describe('B29 credentials go to the registry they belong to', () => {
  const password = `p[a<s#s(w~K%o|r?d&'"$x`;
  const credentials = credentialsOfRequest(
    [{ serveraddress: 'registry.example.com', username: 'robot', password }],
    'docker.io',
  );

  it.each([
    ['registry.example.com', 1],
    ['docker.io', 0],
    ['registry.example.com.evil.test', 0],
    ['evil-registry.example.com', 0],
    ['registry.example.com:5000', 0],
  ])('%s', (registry, count) => {
    expect(credentialsFor(credentials, registry, 'a')).toHaveLength(count);
  });

  it('keeps every byte of the password', () => {
    expect(credentials[0]?.password).toBe(password);
    expect(readLogin({ auth: auth(`robot:${password}`) })?.password).toBe(password);
  });

  it('one without an address is meant for the registry of its image alone', () => {
    const [credential] = credentialsOfRequest([{ username: 'u', password: 'p' }], 'r.example.com');
    expect(credential?.authority.host).toBe('r.example.com');
  });

  it('knows the names of Docker Hub as one', () => {
    const hub = credentialsOfRequest(
      [{ serveraddress: 'https://index.docker.io/v1/', username: 'u', password: 'p' }],
      'x',
    );
    expect(credentialsFor(hub, 'docker.io', 'library/nginx')).toHaveLength(1);
  });

  it('prefers the narrowest path, and does not take a path for a prefix of a name', () => {
    const entry = (serveraddress: string) => ({ serveraddress, username: serveraddress, password: 'p' });
    const list = credentialsOfRequest([entry('r.example.com'), entry('r.example.com/team')], 'x');
    expect(credentialsFor(list, 'r.example.com', 'team/app').map(({ username }) => username)).toEqual([
      'r.example.com/team',
      'r.example.com',
    ]);
    expect(credentialsFor(list, 'r.example.com', 'teams/app')).toHaveLength(1);
  });

  it('a star stands for a part of a name', () => {
    const list = credentialsOfRequest([{ serveraddress: '*.dkr.example.com', username: 'u', password: 'p' }], 'x');
    expect(credentialsFor(list, '123.dkr.example.com', 'a')).toHaveLength(1);
    expect(credentialsFor(list, '1.2.dkr.example.com', 'a')).toHaveLength(0);
    expect(credentialsFor(list, 'dkr.example.com', 'a')).toHaveLength(0);
  });
});

it('the longest host comes first, one without a pattern before one with, then the longest path', () => {
  const { credentials } = parseDockerConfig(
    JSON.stringify({
      auths: {
        '*.example.com': { username: 'pattern', password: 'p' },
        'registry.example.com': { username: 'host', password: 'p' },
        'registry.example.com/team': { username: 'team', password: 'p' },
        'registry.example.com/team/app': { username: 'app', password: 'p' },
        'registry.example.com/teammate': { username: 'other', password: 'p' },
      },
    }),
  );
  const names = credentialsFor(credentials, 'registry.example.com', 'team/app').map(({ username }) => username);
  expect(names).toEqual(['app', 'team', 'host', 'pattern']);
});
