import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, get, type IncomingMessage, type Server } from 'node:http';
import { createServer as createSecureServer, get as secureGet } from 'node:https';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { directRules } from './direct.ts';
import { childNetworkEnv, createHttpClient, proxyFor, readOutgoing, webSocketAgent } from './index.ts';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  await Promise.all(closing.splice(0).map(async (close) => await close()));
});

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  return (server.address() as AddressInfo).port;
}

/** A proxy that knows CONNECT only and leads every name to one port here. */
async function startProxy(target: number, answer = 200) {
  const asked: { host: string | undefined; authorization: string | undefined }[] = [];
  const server = createServer((_request, response) => response.writeHead(501).end());
  server.on('connect', (request: IncomingMessage, client: Duplex) => {
    asked.push({ host: request.url, authorization: request.headers['proxy-authorization'] });
    client.on('error', () => undefined);
    closing.push(() => client.destroy());
    if (answer !== 200) return client.end(`HTTP/1.1 ${answer} no\r\n\r\n`);
    const upstream = connect(target, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 OK\r\n\r\n');
      upstream.pipe(client).pipe(upstream);
    });
    upstream.on('error', () => client.destroy());
    closing.push(() => upstream.destroy());
    return undefined;
  });
  return { port: await listen(server), asked };
}

describe('B40 what never goes through the proxy', () => {
  const outgoing = readOutgoing(
    {
      HTTPS_PROXY: 'http://proxy.example.com:3128',
      http_proxy: 'proxy.example.com:3128',
      NO_PROXY: '10.0.0.0/8, .corp.example.com,exact.example.net:8443, 2001:db8::/32',
      KUBERNETES_SERVICE_HOST: '172.20.0.1',
    },
    { inside: ['redis.data.example.org', '192.168.7.7'] },
  );

  it.each([
    'http://gateway:8002/v1/sendnotification',
    'http://operator.kubescape.svc:4002',
    'https://kubescape.kubescape.svc.cluster.local:8080',
    'https://172.20.0.1:443',
    'https://10.96.0.1',
    'https://localhost:6443',
    'http://127.0.0.1:8080',
    'https://[::1]:6443',
    'http://169.254.169.254/latest',
    'https://redis.data.example.org:6380',
    'https://192.168.7.7:6443',
    'https://registry.corp.example.com/v2/',
    'https://corp.example.com',
    'https://exact.example.net:8443',
    'wss://gateway:8001',
    'https://[2001:db8::5]/',
  ])('%s', (url) => expect(proxyFor(new URL(url), outgoing)).toBeUndefined());

  it.each([
    'https://report.example.com',
    'wss://gateway.example.com/v1/waitfornotification',
    'http://registry.example.com/v2/',
    'https://exact.example.net',
    'https://notcorp.example.com.evil.test',
    'https://badcorp.example.computer',
    'https://172.20.0.2',
    'https://11.0.0.1',
    'https://svc.example.com',
  ])('but %s does', (url) => expect(proxyFor(new URL(url), outgoing)?.reveal()).toContain('proxy.example.com:3128'));

  it('a star turns the proxy off, nonsense in the list is a name that matches nothing', () => {
    expect(directRules(['*']).matches('example.com')).toBe(true);
    const rules = directRules(['10.0.0.0/99', '', '300.1.1.1']);
    expect(rules.matches('10.0.0.1')).toBe(false);
  });

  it('without a proxy everything is direct', () => {
    expect(proxyFor(new URL('https://example.com'), readOutgoing({ HTTPS_PROXY: '' }))).toBeUndefined();
  });

  it('a proxy whose password is not percent-encoded is refused at the start and not at the first connection', () => {
    expect(() => readOutgoing({ HTTPS_PROXY: 'http://bob:50%off@proxy.example.com' })).toThrow('HTTPS_PROXY');
  });

  it('a proxy that is no address names the variable and not the value', () => {
    expect(() => readOutgoing({ HTTPS_PROXY: 'ftp://user:hunter2@x' })).toThrow(
      'the proxy address in HTTPS_PROXY is not an http or https URL',
    );
  });
});

describe('B40 child processes', () => {
  it('get proxy, exceptions and CA in the names that they read', () => {
    const env = childNetworkEnv(
      readOutgoing({
        HTTPS_PROXY: 'http://u:p@proxy.example.com:3128',
        NO_PROXY: 'a.example',
        KUBERNETES_SERVICE_HOST: '10.0.0.1',
      }),
    );
    expect(env).toEqual({
      HTTPS_PROXY: 'http://u:p@proxy.example.com:3128/',
      https_proxy: 'http://u:p@proxy.example.com:3128/',
      NO_PROXY: 'a.example,10.0.0.1,localhost,127.0.0.1,.svc,.cluster.local',
      no_proxy: 'a.example,10.0.0.1,localhost,127.0.0.1,.svc,.cluster.local',
    });
    expect(childNetworkEnv(readOutgoing({}))).toEqual({});
  });
});

describe('with a certificate of a private CA', () => {
  let folder: string;
  let caFile: string;
  let key: Buffer;
  let cert: Buffer;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'kso-ca-'));
    caFile = join(folder, 'ca.pem');
    const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
    const names = ['-addext', 'subjectAltName=DNS:out.example.com,IP:127.0.0.1'];
    const files = ['-keyout', join(folder, 'key.pem'), '-out', caFile];
    execFileSync('openssl', ['req', '-x509', ...curve, '-subj', '/CN=out.example.com', ...names, ...files], {
      stdio: 'ignore',
    });
    key = readFileSync(join(folder, 'key.pem'));
    cert = readFileSync(caFile);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const secureServer = () => listen(createSecureServer({ key, cert }, (_request, response) => response.end('secure')));

  it('B40 the HTTP client trusts it, and only when it was told to', async () => {
    const port = await secureServer();
    const trusting = createHttpClient({ outgoing: readOutgoing({ KSO_CA_FILE: caFile }) });
    const other = createHttpClient({ outgoing: readOutgoing({}) });
    closing.push(
      () => trusting.close(),
      () => other.close(),
    );
    const url = `https://127.0.0.1:${port}/`;
    expect(await (await trusting.request(url)).body.text()).toBe('secure');
    await expect(other.request(url)).rejects.toMatchObject({ code: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
  });

  it('B40 extra CAs may be several files, and a folder as Kubernetes mounts a Secret', async () => {
    const port = await secureServer();
    const mounted = mkdtempSync(join(folder, 'secret-'));
    mkdirSync(join(mounted, '..data-1'));
    writeFileSync(join(mounted, '..data-1', 'corp.pem'), cert);
    symlinkSync('..data-1', join(mounted, '..data'));
    symlinkSync(join('..data', 'corp.pem'), join(mounted, 'corp.pem'));
    const outgoing = readOutgoing({ KSO_CA_FILE: `${caFile}:${mounted}` });
    const client = createHttpClient({ outgoing: readOutgoing({ KSO_CA_FILE: mounted }) });
    closing.push(() => client.close());
    expect(await (await client.request(`https://127.0.0.1:${port}/`)).body.text()).toBe('secure');
    expect(childNetworkEnv(outgoing)).toEqual({
      SSL_CERT_DIR: `/etc/ssl/certs:${folder}:${mounted}`,
      NODE_EXTRA_CA_CERTS: caFile,
    });
    expect(() => readOutgoing({ KSO_CA_FILE: mkdtempSync(join(folder, 'empty-')) })).toThrow('the folder is empty');
  });

  it('B40 the HTTP client goes through the proxy with its credentials, and not to inside hosts', async () => {
    const port = await secureServer();
    const proxy = await startProxy(port);
    const client = createHttpClient({
      outgoing: readOutgoing({ HTTPS_PROXY: `http://bob:p%40ss@127.0.0.1:${proxy.port}`, KSO_CA_FILE: caFile }),
    });
    closing.push(() => client.close());
    expect(await (await client.request('https://out.example.com/')).body.text()).toBe('secure');
    expect(await (await client.request(`https://127.0.0.1:${port}/`)).body.text()).toBe('secure');
    const authorization = `Basic ${Buffer.from('bob:p@ss').toString('base64')}`;
    expect(proxy.asked).toEqual([{ host: 'out.example.com:443', authorization }]);
  });

  it('B40 websockets tunnel through the proxy', async () => {
    const proxy = await startProxy(await secureServer());
    const outgoing = readOutgoing({ https_proxy: `http://bob:pw@127.0.0.1:${proxy.port}`, KSO_CA_FILE: caFile });
    const agent = webSocketAgent(new URL('wss://out.example.com/x'), outgoing);
    const status = await new Promise((resolve, reject) => {
      secureGet('https://out.example.com/x', { agent }, (response) => {
        response.resume();
        resolve(response.statusCode);
      }).on('error', reject);
    });
    expect([status, proxy.asked[0]?.host]).toEqual([200, 'out.example.com:443']);
    expect(webSocketAgent(new URL('ws://gateway:8001'), outgoing)).toBeUndefined();
    expect(webSocketAgent(new URL('wss://localhost:8001'), outgoing)).toBeDefined();
  });

  it('B40 a websocket to an address tunnels too, and its certificate has to be for that address', async () => {
    const proxy = await startProxy(await secureServer());
    const outgoing = readOutgoing({ https_proxy: `http://127.0.0.1:${proxy.port}`, KSO_CA_FILE: caFile });
    const agent = webSocketAgent(new URL('wss://192.0.2.7/x'), outgoing);
    const call = new Promise((resolve, reject) => {
      secureGet('https://192.0.2.7/x', { agent }, resolve).on('error', reject);
    });
    await expect(call).rejects.toMatchObject({ code: 'ERR_TLS_CERT_ALTNAME_INVALID', host: '192.0.2.7' });
    expect(proxy.asked[0]?.host).toBe('192.0.2.7:443');
  });

  it('B40 plain websockets tunnel too, and a proxy that refuses is a clear error', async () => {
    const port = await listen(createServer((_request, response) => response.end('plain')));
    const good = await startProxy(port);
    const bad = await startProxy(port, 407);
    const call = (proxyPort: number) =>
      new Promise((resolve, reject) => {
        const outgoing = readOutgoing({ http_proxy: `http://127.0.0.1:${proxyPort}` });
        const agent = webSocketAgent(new URL('ws://out.example.com:8001/x'), outgoing);
        get('http://out.example.com:8001/x', { agent }, (response) => {
          response.resume();
          resolve(response.statusCode);
        }).on('error', reject);
      });
    expect(await call(good.port)).toBe(200);
    expect(good.asked).toEqual([{ host: 'out.example.com:8001', authorization: undefined }]);
    await expect(call(bad.port)).rejects.toMatchObject({
      code: 'PROXY_FAILED',
      message: `the proxy 127.0.0.1:${bad.port} did not open a tunnel to out.example.com:8001: it answered 407`,
    });
    await expect(call(1)).rejects.toMatchObject({ code: 'PROXY_FAILED' });
  });

  it('B40 child processes get the CA', () => {
    expect(childNetworkEnv(readOutgoing({ KSO_CA_FILE: caFile }))).toEqual({
      SSL_CERT_DIR: `/etc/ssl/certs:${folder}`,
      NODE_EXTRA_CA_CERTS: caFile,
    });
  });

  it('a CA file that is missing, empty or damaged is named', () => {
    const broken = join(folder, 'broken.pem');
    writeFileSync(broken, '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n');
    expect(() => readOutgoing({ KSO_CA_FILE: join(folder, 'none') })).toThrow('cannot be read');
    expect(() => readOutgoing({ KSO_CA_FILE: broken })).toThrow('a certificate is damaged');
    writeFileSync(broken, 'text');
    expect(() => readOutgoing({ KSO_CA_FILE: broken })).toThrow('no PEM certificate in it');
  });
});

it('the HTTP client gives up on a server that does not answer', async () => {
  const port = await listen(createServer(() => undefined));
  const client = createHttpClient({ outgoing: readOutgoing({}), headersTimeoutMs: 50 });
  closing.push(() => client.close());
  await expect(client.request(`http://127.0.0.1:${port}/`)).rejects.toMatchObject({ code: 'UND_ERR_HEADERS_TIMEOUT' });
});
