import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
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

test('B29 a login goes to its own registry only', () => {
  const auths = {
    'registry.example.com': { auth: 'bWU6cGFzcw==' },
    'evil.example.com': { auth: 'eDp5' },
    'https://index.docker.io/v1/': { username: 'me', password: 'hub' },
    'registry.example.com.evil.net': { auth: 'eDp5' },
  };
  writeFileSync(join(folder, 'config.json'), JSON.stringify({ auths, credsStore: 'desktop' }));
  expect(dockerLogins('registry.example.com/team/app:1', host())).toEqual([
    { auth: 'bWU6cGFzcw==', serveraddress: 'registry.example.com' },
  ]);
  expect(dockerLogins('nginx', host())).toEqual([
    { username: 'me', password: 'hub', serveraddress: 'https://index.docker.io/v1/' },
  ]);
  expect(dockerLogins('quay.io/a/b', host())).toEqual([]);
});

test.each(['{', '[]', '{"auths": 1}', '{"auths": {"quay.io": 7}}'])('%s is no login', (text) => {
  writeFileSync(join(folder, 'config.json'), text);
  expect(dockerLogins('quay.io/a/b', host())).toEqual([]);
});

test('without a file images are pulled anonymously', () => {
  expect(dockerLogins('quay.io/a/b', host())).toEqual([]);
});
