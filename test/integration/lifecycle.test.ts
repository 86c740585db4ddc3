import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { freePort, until } from '@kso/testkit';
import {
  type ControlPlane,
  controlPlanePrograms,
  type PolicyRule,
  startControlPlane,
} from '@kso/testkit/control-plane';
import { startProgram } from '@kso/testkit/process';
import { missingPrograms } from '@kso/testkit/programs';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';

const main = path.resolve(import.meta.dirname, '../../services/lifecycle/src/main.ts');
const namespace = 'suite';

/** As the chart's Job runs it: a process with the rights of its account and nothing else. */
async function run(argv: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const own = { PATH: process.env['PATH'], ...env };
  try {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [main, ...argv], { env: own });
    return { code: 0, stdout, stderr };
  } catch (error) {
    return error as { code: number; stdout: string; stderr: string };
  }
}

describe.skipIf(missingPrograms(...controlPlanePrograms) !== undefined)('make-secret at a real API server', () => {
  let plane: ControlPlane;
  let kubeconfig: string;

  /** A kubeconfig of an account with these rights, once the API server has learned of them. */
  const accountWith = async (name: string, rules: readonly [PolicyRule]) => {
    const token = await plane.mintToken({ namespace, name, rules });
    const [{ apiGroups, resources, resourceNames, verbs }] = rules;
    const [group, resource, verb] = [apiGroups[0], resources[0], verbs.at(-1)];
    const resourceAttributes = { namespace, group, resource, verb, name: resourceNames?.at(-1) };
    const spec = { user: `system:serviceaccount:${namespace}:${name}`, resourceAttributes };
    await until(`the rights of ${name} are known`, async () => {
      const answer = (await plane.client.http.json('/apis/authorization.k8s.io/v1/subjectaccessreviews', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ apiVersion: 'authorization.k8s.io/v1', kind: 'SubjectAccessReview', spec }),
      })) as { status: { allowed: boolean } };
      return answer.status.allowed;
    });
    return plane.writeKubeconfig(name, token);
  };

  beforeAll(async () => {
    plane = await startControlPlane();
    await plane.client.createNamespace(namespace);
    const rules: [PolicyRule] = [
      {
        apiGroups: [''],
        resources: ['secrets'],
        resourceNames: ['redis-auth', 'account', 'contested'],
        verbs: ['get', 'patch'],
      },
    ];
    kubeconfig = await accountWith('make-secrets', rules);
  });
  afterAll(() => plane.stop());

  const secret = (name: string, data?: Record<string, string>) => ({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, namespace },
    ...(data === undefined ? {} : { data }),
  });
  const stored = async (name: string) => {
    const { data = {} } = (await plane.client.get(secret(name))) as unknown as { data?: Record<string, string> };
    return Object.fromEntries(
      Object.entries(data).map(([key, value]) => [key, Buffer.from(value, 'base64').toString()]),
    );
  };
  const make = (...argv: string[]) =>
    run(['make-secret', '--namespace', namespace, ...argv], { KUBECONFIG: kubeconfig });

  it('fills an empty Secret once, with no more rights than get and patch on its name', async () => {
    await plane.client.apply([secret('redis-auth'), secret('account')]);
    const argv = [
      '--secret=redis-auth',
      '--random=password',
      '--secret=account',
      '--value=account=local',
      '--random=accessKey',
    ];
    const first = await make(...argv);
    expect(first).toMatchObject({ code: 0, stdout: 'redis-auth: made password\naccount: made account, accessKey\n' });
    const [redis, account] = [await stored('redis-auth'), await stored('account')];
    expect(redis['password']).toMatch(/^[\w-]{43}$/);
    expect(account).toEqual({ account: 'local', accessKey: expect.stringMatching(/^[\w-]{43}$/) as string });
    expect(account['accessKey']).not.toBe(redis['password']);
    expect(first.stdout + first.stderr).not.toContain(redis['password']);

    expect(await make(...argv)).toMatchObject({ code: 0, stdout: 'redis-auth: complete\naccount: complete\n' });
    expect([await stored('redis-auth'), await stored('account')]).toEqual([redis, account]);
  });

  it('keeps keys that are there, and several at the same time agree', async () => {
    const kept = Buffer.from('mine').toString('base64');
    await plane.client.apply([secret('contested', { other: kept })]);
    const all = await Promise.all(
      Array.from({ length: 4 }, () => make('--secret=contested', '--random=password', '--value=other=theirs')),
    );
    expect(all.map(({ code }) => code)).toEqual([0, 0, 0, 0]);
    expect(all.filter(({ stdout }) => stdout.includes('made password'))).toHaveLength(1);
    expect((await stored('contested'))['other']).toBe('mine');
  });

  it('restart changes the pod template of one Deployment, and may nothing else', async () => {
    const labels = { app: 'database' };
    const template = { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'i' }] } };
    const deployment = (name: string) => ({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name, namespace },
      spec: { selector: { matchLabels: labels }, template },
    });
    await plane.client.apply([deployment('database'), deployment('another')]);
    const rules: [PolicyRule] = [
      { apiGroups: ['apps'], resources: ['deployments'], resourceNames: ['database'], verbs: ['get', 'patch'] },
    ];
    const env = { KUBECONFIG: await accountWith('restart', rules) };
    const restart = (name: string) => run(['restart', '--namespace', namespace, '--deployment', name], env);
    expect(await restart('database')).toMatchObject({ code: 0, stdout: 'database: restarted\n' });
    const stored = (await plane.client.get(deployment('database'))) as unknown as {
      spec: { template: { metadata: { annotations: object } } };
    };
    expect(stored.spec.template.metadata.annotations).toEqual({
      'kubectl.kubernetes.io/restartedAt': expect.stringMatching(/Z$/) as string,
    });
    expect(await restart('another')).toMatchObject({ code: 3 });
  });

  it('says which Secret it may not touch', async () => {
    await plane.client.apply([secret('foreign')]);
    const { code, stderr } = await make('--secret=foreign', '--random=password');
    expect(code).toBe(3);
    expect(stderr).toContain('Secret foreign cannot be read or filled: status 403');
  });
});

describe.skipIf(missingPrograms('redis-server') !== undefined)('redis-acl at a real Redis', () => {
  it('lets in who has the password and nobody else', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'kso-acl-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const [password, acl] = [path.join(folder, 'password'), path.join(folder, 'users.acl')];
    writeFileSync(password, 'p w:"%\n');
    expect(await run(['redis-acl', '--password-file', password, '--out', acl])).toMatchObject({ code: 0 });

    const port = await freePort();
    const server = await startProgram({
      program: 'redis-server',
      args: ['--port', String(port), '--protected-mode', 'no', '--aclfile', acl, '--dir', folder, '--save', ''],
      logFile: path.join(folder, 'log'),
      ready: async () => (await ask(port, ['PING'])) !== '',
    });
    onTestFinished(async () => {
      server.kill('SIGKILL');
      await server.ended;
    });
    expect(await ask(port, ['AUTH', 'p w:"%'], ['SET', 'a', 'b'])).toBe('+OK\r\n+OK\r\n');
    expect(await ask(port, ['PING'])).toMatch(/^-NOAUTH/);
    expect(await ask(port, ['AUTH', 'wrong'])).toMatch(/^-WRONGPASS/);
  });
});

/** What Redis answers to these commands, in its own protocol. */
async function ask(port: number, ...commands: readonly string[][]): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  const bulk = (text: string) => `$${Buffer.byteLength(text)}\r\n${text}\r\n`;
  // QUIT makes Redis close the connection, so that the answers end.
  for (const words of commands) socket.write(`*${words.length}\r\n${words.map(bulk).join('')}`);
  socket.write('*1\r\n$4\r\nQUIT\r\n');
  const answers = (await socket.toArray()).join('');
  return answers.replace(/\+OK\r\n$/, '');
}
