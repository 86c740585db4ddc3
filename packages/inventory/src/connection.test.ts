import { systemClock } from '@kso/kit';
import { describe, expect, it } from 'vitest';
import { connectionOf } from './connection.ts';
import { configOf } from './testing/start.ts';

const ports = { env: {}, clock: systemClock, home: '/nonexistent' };
const connect = (flags: Readonly<Record<string, unknown>>) => connectionOf(configOf(flags), ports);
const base64 = (text: string) => Buffer.from(text).toString('base64');

describe('explicit credentials', () => {
  const server = { 'kubeconfig.server': 'https://10.0.0.1:6443', 'kubeconfig.cluster': 'prod-1' };

  it('are a token', async () => {
    const flags = {
      'kubeconfig.user.type': 'token',
      'kubeconfig.user.token': 't',
      'kubeconfig.cluster-cert': base64('CA'),
    };
    const connection = await connect({ ...server, ...flags });
    expect(connection.name).toBe('prod-1');
    expect(await connection.headers()).toEqual({ authorization: 'Bearer t' });
    expect(await connection.tls()).toEqual({ ca: 'CA' });
  });

  it('are a certificate and its key', async () => {
    const flags = { 'kubeconfig.user.client-cert': base64('CERT'), 'kubeconfig.user.private-key': base64('KEY') };
    const connection = await connect({ ...server, ...flags });
    expect(await connection.headers()).toEqual({});
    expect(await connection.tls()).toEqual({ cert: 'CERT', key: 'KEY' });
  });

  it('have to be complete', async () => {
    await expect(connect(server)).rejects.toThrow('needs token, or client-cert and private-key');
    await expect(connect({ 'kubeconfig.server': 'prod-1' })).rejects.toThrow('not a URL');
  });

  it('come after a kubeconfig', async () => {
    await expect(connect({ ...server, 'kubeconfig.path': '/nonexistent' })).rejects.toMatchObject({
      code: 'KUBECONFIG_INVALID',
    });
  });
});

it('use-in-cluster means the service account and nothing else', async () => {
  await expect(connect({ 'kubeconfig.path': 'use-in-cluster' })).rejects.toThrow('no service account is mounted');
});
