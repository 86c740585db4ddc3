import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { CliHost } from '../host.ts';
import { dockerLogins } from './docker-logins.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kso-docker-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

function host(): CliHost {
  const stream = new Writable();
  const { signal } = new AbortController();
  return { env: { DOCKER_CONFIG: folder }, cwd: '/', home: '/', stdout: stream, stderr: stream, signal, now: () => 0 };
}

test('B29 a login goes to its own registry only', async () => {
  const auths = {
    'registry.example.com': { auth: 'bWU6cGFzcw==' },
    'evil.example.com': { auth: 'eDp5' },
    'https://index.docker.io/v1/': { username: 'me', password: 'hub' },
    'registry.example.com.evil.net': { auth: 'eDp5' },
  };
  writeFileSync(join(folder, 'config.json'), JSON.stringify({ auths, credsStore: 'desktop' }));
  expect(await dockerLogins('registry.example.com/team/app:1', host())).toEqual([
    { auth: 'bWU6cGFzcw==', serveraddress: 'registry.example.com' },
  ]);
  expect(await dockerLogins('nginx', host())).toEqual([
    { username: 'me', password: 'hub', serveraddress: 'https://index.docker.io/v1/' },
  ]);
  expect(await dockerLogins('quay.io/a/b', host())).toEqual([]);
});

test.each(['{', '[]', '{"auths": 1}', '{"auths": {"quay.io": 7}}'])('%s is no login', async (text) => {
  writeFileSync(join(folder, 'config.json'), text);
  expect(await dockerLogins('quay.io/a/b', host())).toEqual([]);
});

test('without a file images are pulled anonymously', async () => {
  expect(await dockerLogins('quay.io/a/b', host())).toEqual([]);
});

/** A helper that knows one server, and writes down what it is asked. */
function putHelper(name: string, server: string, answer: object): void {
  const known = `[ "$server" = "${server}" ] && echo '${JSON.stringify(answer)}' && exit 0`;
  const script = `#!/bin/sh\nserver=$(cat)\necho "$1 $server" >> ${folder}/asked\n${known}\necho 'credentials not found'; exit 1\n`;
  writeFileSync(join(folder, `docker-credential-${name}`), script, { mode: 0o755 });
}

function hostWithHelpers(): CliHost {
  const base = host();
  return { ...base, env: { ...base.env, PATH: `${folder}:${process.env['PATH'] ?? ''}` } };
}

test('the helper of a registry comes before that for all, and each is asked for its own server', async () => {
  putHelper('one', 'quay.io', { Username: 'robot', Secret: 'pa ss"' });
  putHelper('all', 'https://index.docker.io/v1/', { Username: '<token>', Secret: 'refresh' });
  const config = { credHelpers: { 'quay.io': 'one' }, credsStore: 'all', auths: { 'quay.io': {} } };
  writeFileSync(join(folder, 'config.json'), JSON.stringify(config));
  const [first] = await dockerLogins('quay.io/a/b', hostWithHelpers());
  expect(first).toEqual({ username: 'robot', password: 'pa ss"', serveraddress: 'quay.io' });
  expect(await dockerLogins('nginx', hostWithHelpers())).toEqual([
    { identitytoken: 'refresh', serveraddress: 'https://index.docker.io/v1/' },
  ]);
  expect(readFileSync(join(folder, 'asked'), 'utf8')).toBe('get quay.io\nget https://index.docker.io/v1/\n');
});

test.each([
  ['is not installed', { credsStore: 'nowhere' }],
  ['is no name of a program', { credsStore: '../../bin/evil' }],
  ['knows nothing of the registry', { credsStore: 'all' }],
])('a helper that %s means an anonymous pull', async (_what, config) => {
  putHelper('all', 'quay.io', { Username: 'u', Secret: 'p' });
  writeFileSync(join(folder, 'config.json'), JSON.stringify(config));
  expect(await dockerLogins('ghcr.io/a/b', hostWithHelpers())).toEqual([]);
});
