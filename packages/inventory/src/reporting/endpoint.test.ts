import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TLSSocket } from 'node:tls';
import { readOutgoing, systemClock } from '@kso/kit';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { toSettings } from '../config/settings.ts';
import { configOf, silent } from '../testing/start.ts';
import { openEndpoint } from './endpoint.ts';

let folder: string;
let cert: string;
let key: string;

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'kso-inventory-tls-'));
  [cert, key] = [path.join(folder, 'cert.pem'), path.join(folder, 'key.pem')];
  const made = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', key, '-out', cert];
  const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
  execFileSync('openssl', ['req', '-x509', ...made, ...names], { stdio: 'ignore' });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const login = { 'anchore.user': 'robot', 'anchore.password': 'pw' };

async function ask(flags: Readonly<Record<string, unknown>>, env: NodeJS.ProcessEnv = {}) {
  const config = configOf({ ...login, ...flags });
  const endpoint = openEndpoint(config, toSettings(config), {
    clock: systemClock,
    outgoing: readOutgoing(env),
    logger: silent,
  });
  if (endpoint === undefined) throw new Error('an API is configured');
  onTestFinished(() => endpoint.close());
  return endpoint.client.send({ method: 'GET', path: 'version' });
}

/** Answers with the name in the client's certificate. */
async function startTlsServer(): Promise<string> {
  const options = { cert: readFileSync(cert), key: readFileSync(key), requestCert: true, rejectUnauthorized: false };
  const server = createServer(options, (request, response) => {
    const { subject } = (request.socket as TLSSocket).getPeerCertificate();
    response.end(JSON.stringify({ client: subject?.CN ?? '' }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `https://localhost:${(server.address() as AddressInfo).port}`;
}

it('checks the certificate of the API against an extra CA, unless told not to', async () => {
  const url = { 'anchore.url': await startTlsServer() };
  expect(await ask(url)).toMatchObject({ outcome: 'offline' });
  expect(await ask({ ...url, 'anchore.http.ca-file': cert })).toMatchObject({ status: 200, json: { client: '' } });
  expect(await ask({ ...url, 'anchore.http.insecure': true })).toMatchObject({ status: 200 });
});

it('shows a certificate of its own', async () => {
  const url = { 'anchore.url': await startTlsServer(), 'anchore.http.ca-file': cert };
  const own = { 'anchore.http.client-cert-file': cert, 'anchore.http.client-key-file': key };
  expect(await ask({ ...url, ...own })).toMatchObject({ json: { client: 'localhost' } });
  await expect(ask({ ...url, 'anchore.http.client-cert-file': cert })).rejects.toThrow('cannot be read');
});

it('goes through the proxy of the environment', async () => {
  const asked: (string | undefined)[] = [];
  const proxy = createHttpServer();
  proxy.on('connect', (request, socket) => {
    asked.push(request.url);
    socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n');
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  onTestFinished(() => {
    proxy.closeAllConnections();
    proxy.close();
  });
  const env = { HTTPS_PROXY: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}` };
  expect(await ask({ 'anchore.url': 'https://anchore.example.com' }, env)).toMatchObject({ outcome: 'offline' });
  expect(asked).toEqual(['anchore.example.com:443']);
});

it('there is none without URL, user and password', () => {
  const config = configOf({ ...login, 'anchore.url': '' });
  const ports = { clock: systemClock, outgoing: readOutgoing({}), logger: silent };
  expect(openEndpoint(config, toSettings(config), ports)).toBeUndefined();
});
