import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, expect, it } from 'vitest';
import type { CliHost } from '../host.ts';
import { findCluster } from './cluster.ts';

let server: Server | undefined;
let folder: string | undefined;

afterEach(() => {
  server?.closeAllConnections();
  server?.close();
  if (folder !== undefined) rmSync(folder, { recursive: true });
});

/** A kubeconfig of a server that answers like this. */
async function kubeconfigOf(answer: RequestListener): Promise<string> {
  const listening = createServer(answer);
  server = listening;
  await new Promise<void>((resolve) => void listening.listen(0, '127.0.0.1', resolve));
  folder = mkdtempSync(path.join(tmpdir(), 'kso-cluster-'));
  const file = path.join(folder, 'config');
  const url = `http://127.0.0.1:${(listening.address() as AddressInfo).port}`;
  const config = {
    clusters: [{ name: 'c', cluster: { server: url } }],
    users: [{ name: 'u', user: { token: 't' } }],
    contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
    'current-context': 'x',
  };
  writeFileSync(file, JSON.stringify(config));
  return file;
}

const host = { env: {}, cwd: '/', home: '/nowhere', signal: new AbortController().signal } as unknown as CliHost;

it('takes a cluster that does not tell its version: objects may be read all the same', async () => {
  const kubeconfig = await kubeconfigOf((_request, response) => {
    response.writeHead(403, { 'content-type': 'application/json' }).end('{"kind":"Status","message":"forbidden"}');
  });
  const lookup = await findCluster({ kubeconfig }, host);
  expect(lookup.found).toBe(true);
  if (lookup.found) await lookup.client.close();
});

it('says who did not accept the credentials', async () => {
  const kubeconfig = await kubeconfigOf((_request, response) => response.writeHead(401).end());
  expect(await findCluster({ kubeconfig }, host)).toMatchObject({
    found: false,
    reason: expect.stringContaining('401'),
  });
});

it('does not wait for a server that accepts and never answers', async () => {
  const kubeconfig = await kubeconfigOf(() => undefined);
  expect(await findCluster({ kubeconfig }, host)).toMatchObject({
    found: false,
    configured: true,
    reason: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+ did not answer within 3 s$/),
  });
});
