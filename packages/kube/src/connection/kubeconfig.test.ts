import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { dump } from 'js-yaml';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createManualClock } from '../testing/index.ts';
import { findConnection } from './find-connection.ts';
import { kubeconfigConnection } from './kubeconfig-connection.ts';

const clock = createManualClock();
const base64 = (text: string) => Buffer.from(text).toString('base64');

async function folder() {
  const created = await mkdtemp(path.join(tmpdir(), 'kso-kubeconfig-'));
  onTestFinished(() => rm(created, { recursive: true }));
  return async (name: string, content: object | string, mode = 0o600) => {
    const file = path.join(created, name);
    await writeFile(file, typeof content === 'string' ? content : dump(content), { mode });
    return file;
  };
}

function config(user: object, cluster: object = {}) {
  return {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'dev',
    clusters: [{ name: 'c', cluster: { server: 'https://api.example.com:6443', ...cluster } }],
    users: [{ name: 'u', user }],
    contexts: [{ name: 'dev', context: { cluster: 'c', user: 'u', namespace: 'shop' } }],
    preferences: {},
  };
}

async function connectionOf(user: object, cluster: object = {}) {
  const write = await folder();
  const file = await write('config', config(user, cluster));
  const connection = await kubeconfigConnection({ env: process.env, clock, file });
  if (connection === undefined) throw new Error('no connection');
  return connection;
}

describe('a kubeconfig', () => {
  it('gives server, name and namespace of the current context', async () => {
    const connection = await connectionOf({ token: 't' });
    expect(connection).toMatchObject({ name: 'dev', namespace: 'shop' });
    expect(connection.server.href).toBe('https://api.example.com:6443/');
  });

  it.each([
    ['a token', { token: 'abc' }, { authorization: 'Bearer abc' }],
    ['user and password', { username: 'a', password: 'p:w' }, { authorization: `Basic ${base64('a:p:w')}` }],
    ['nothing', {}, {}],
    [
      'impersonation',
      { token: 'abc', as: 'jane', 'as-groups': ['dev', 'ops'] },
      { authorization: 'Bearer abc', 'impersonate-user': 'jane', 'impersonate-group': ['dev', 'ops'] },
    ],
  ])('authenticates by %s', async (_what, user, expected) => {
    expect(await (await connectionOf(user)).headers()).toEqual(expected);
  });

  it('gives certificates from data and from files beside it', async () => {
    const write = await folder();
    await write('client.crt', 'CERT');
    const user = { 'client-certificate': 'client.crt', 'client-key-data': base64('KEY') };
    const cluster = { 'certificate-authority-data': base64('CA'), 'tls-server-name': 'kubernetes' };
    const file = await write('config', config(user, cluster));
    const connection = await kubeconfigConnection({ env: {}, clock, file });
    expect(await connection?.tls()).toEqual({ ca: 'CA', cert: 'CERT', key: 'KEY', servername: 'kubernetes' });
    expect(await connection?.tls()).toBe(await connection?.tls());
  });

  it('reads a token file', async () => {
    const write = await folder();
    await write('token', 'from-file\n');
    const file = await write('config', config({ tokenFile: 'token' }));
    const connection = await kubeconfigConnection({ env: {}, clock, file });
    expect(await connection?.headers()).toEqual({ authorization: 'Bearer from-file' });
  });

  it('merges the files of KUBECONFIG: the first that names something wins, missing ones are skipped', async () => {
    const write = await folder();
    const first = await write('first', {
      'current-context': 'dev',
      users: [{ name: 'u', user: { token: 'of-the-first' } }],
      contexts: null,
    });
    const second = await write('second', config({ token: 'of-the-second' }));
    const env = { KUBECONFIG: ['/nowhere/config', first, second].join(path.delimiter) };
    const connection = await kubeconfigConnection({ env, clock });
    expect(await connection?.headers()).toEqual({ authorization: 'Bearer of-the-first' });
    expect(connection?.server.hostname).toBe('api.example.com');
  });

  it('is refused with the reason when it does not fit together', async () => {
    const write = await folder();
    const refused = async (content: object | string, extra: object = {}) => {
      const file = await write('broken', content);
      return kubeconfigConnection({ env: {}, clock, file, ...extra }).then(
        () => 'accepted',
        (error: Error) => error.message.replace(file, 'FILE'),
      );
    };
    const whole = config({ token: 't' });
    expect(await refused({ ...whole, 'current-context': '' })).toBe(
      'kubeconfig FILE cannot be used: it names no current context',
    );
    expect(await refused(whole, { context: 'prod' })).toContain('there is no context prod');
    expect(await refused({ ...whole, clusters: [] })).toContain('names the unknown cluster c');
    expect(await refused({ ...whole, users: null })).toContain('names the unknown user u');
    expect(await refused(config({}, { server: 'api.example.com' }))).toContain('is not an http or https URL');
    expect(await refused({ ...whole, clusters: 'none' })).toContain('clusters: ');
    const quoted = await refused('users: [{name: u, user: {token: SECRET');
    expect(quoted).toBe('kubeconfig FILE cannot be used: it is not YAML');
    await expect(kubeconfigConnection({ env: {}, clock, file: '/nowhere/config' })).rejects.toThrow('no such file');
  });

  it('runs a credential plugin once and keeps what it gave until it expires or is refused', async () => {
    const write = await folder();
    const counter = await write('runs', '');
    const expires = new Date(clock.now() + 120_000).toISOString();
    const plugin = await write(
      'plugin.mjs',
      `import { appendFileSync, readFileSync } from 'node:fs';
       appendFileSync(process.env.RUNS, 'x');
       const info = JSON.parse(process.env.KUBERNETES_EXEC_INFO);
       const token = [info.spec.cluster.server, process.argv[2], readFileSync(process.env.RUNS).length].join(' ');
       const status = { token, expirationTimestamp: ${JSON.stringify(expires)} };
       console.log(JSON.stringify({ apiVersion: info.apiVersion, kind: 'ExecCredential', status }));`,
    );
    const exec = {
      apiVersion: 'client.authentication.k8s.io/v1',
      command: process.execPath,
      args: [plugin, 'argument'],
      env: [{ name: 'RUNS', value: counter }],
      provideClusterInfo: true,
    };
    const file = await write('config', config({ exec }));
    const connection = await kubeconfigConnection({ env: process.env, clock, file });
    const token = async () => (await connection?.headers())?.['authorization'];
    expect(await Promise.all([token(), token()])).toEqual([
      'Bearer https://api.example.com:6443 argument 1',
      'Bearer https://api.example.com:6443 argument 1',
    ]);
    expect(await token()).toMatch(/ 1$/);
    connection?.refused();
    expect(await token()).toMatch(/ 2$/);
    await clock.advance(115_000);
    expect(await token()).toMatch(/ 3$/);
  });

  it.each([
    ['that is not installed', 'no-such-plugin', [], /no-such-plugin was not found \(get it there\)/],
    ['that fails', process.execPath, ['-e', 'console.error("log in first"); process.exit(1)'], /failed: log in first/],
    ['that prints something else', process.execPath, ['-e', 'console.log("SECRET")'], /did not print JSON/],
  ])('names the reason for a plugin %s, and never what it printed', async (_what, command, args, reason) => {
    const exec = { apiVersion: 'client.authentication.k8s.io/v1', command, args, installHint: 'get it there' };
    const connection = await connectionOf({ exec });
    const error = await connection.headers().then(
      () => new Error('accepted'),
      (caught: Error) => caught,
    );
    expect(error.message).toMatch(reason);
    expect(error.message).not.toContain('SECRET');
  });

  it('gets what the old auth-provider entries give from the client library', async () => {
    const provider = { name: 'gcp', config: { 'access-token': 'cached', expiry: '2999-01-01T00:00:00Z' } };
    const connection = await connectionOf({ 'auth-provider': provider });
    expect(await connection.headers()).toEqual({ authorization: 'Bearer cached' });
  });
});

describe('finding a cluster', () => {
  it('takes the named file, else KUBECONFIG, else the home folder, and says where it looked', async () => {
    const write = await folder();
    const named = await write('named', { ...config({ token: 'named' }) });
    const listed = await write('listed', config({ token: 'listed' }));
    const env = { KUBECONFIG: listed };
    const token = async (options: object) =>
      (await (await findConnection({ env, clock, ...options })).headers())['authorization'];
    expect(await token({ kubeconfig: named })).toBe('Bearer named');
    expect(await token({})).toBe('Bearer listed');
    await expect(findConnection({ env: {}, clock, home: '/nowhere' })).rejects.toMatchObject({
      code: 'KUBE_NOT_CONFIGURED',
      message: expect.stringContaining('/nowhere/.kube/config'),
    });
  });
});
