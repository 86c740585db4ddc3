import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { request as secureRequest } from 'node:https';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { errorFactory } from '../errors.ts';
import type { SpanOptions, Tracer } from '../tracing.ts';
import { createHttpServer, type HttpServer } from './server.ts';
import { testPorts } from './test-ports.ts';

const servers: HttpServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.stop()));
});

function make(options: Partial<Parameters<typeof createHttpServer>[0]> = {}) {
  const ports = testPorts();
  const server = createHttpServer({ ...ports, name: 'api', host: '127.0.0.1', port: 0, ...options });
  servers.push(server);
  return { ...ports, server, app: server.app };
}

const fail = errorFactory({
  AWAY: { message: 'Redis is away', httpStatus: 503, retryable: true, severity: 'error' },
  TEAPOT: { message: 'no {drink} here', httpStatus: 418, retryable: false, severity: 'warn' },
});

describe('problems', () => {
  it('a KsoError is answered with its status and code', async () => {
    const { app } = make();
    app.get('/x', () => Promise.reject(fail('TEAPOT', { drink: 'coffee' })));
    const response = await app.inject('/x');
    expect(response.statusCode).toBe(418);
    expect(response.headers['content-type']).toContain('application/problem+json');
    expect(response.json()).toEqual({
      type: 'urn:kso:error:TEAPOT',
      title: 'no coffee here',
      status: 418,
      code: 'TEAPOT',
      requestId: response.headers['x-request-id'],
    });
  });

  it('an outage says when to come again, unless the handler has said so', async () => {
    const { app } = make();
    app.get('/away', () => Promise.reject(fail('AWAY')));
    app.get('/soon', (_request, reply) => {
      void reply.header('retry-after', '1');
      throw fail('AWAY');
    });
    const ask = async (path: string) => {
      const { statusCode, headers } = await app.inject(path);
      return [statusCode, headers['retry-after']];
    };
    expect([await ask('/away'), await ask('/soon')]).toEqual([
      [503, '5'],
      [503, '1'],
    ]);
  });

  it('what broke inside is logged once and not told outside', async () => {
    const { app, lines } = make();
    app.get('/x', () => Promise.reject(new Error('password is hunter2')));
    const response = await app.inject('/x');
    expect([response.statusCode, response.json().title]).toEqual([500, 'internal error']);
    expect(response.body).not.toContain('hunter2');
    const failures = lines.filter((line) => line['msg'] === 'request failed');
    expect(failures).toHaveLength(1);
    expect(failures[0]?.['requestId']).toBe(response.headers['x-request-id']);
  });

  it('bodies that are broken, too large or of no known type', async () => {
    const { app } = make({ bodyLimit: 100 });
    app.post('/x', () => 'ok');
    const post = async (payload: string, type = 'application/json') =>
      (await app.inject({ method: 'POST', url: '/x', payload, headers: { 'content-type': type } })).json<{
        status: number;
      }>().status;
    expect([await post('{'), await post(`"${'x'.repeat(200)}"`), await post('x', 'image/png')]).toEqual([
      400, 413, 415,
    ]);
  });

  it('unknown paths', async () => {
    const { app } = make();
    expect((await app.inject('/nowhere/hunter2')).json()).toMatchObject({ status: 404, code: 'NOT_FOUND' });
  });
});

describe('request log and metrics', () => {
  it('one line per request with the route and never the path', async () => {
    const { app, lines, metrics } = make();
    app.get('/v1/things/:id', () => 'ok');
    await app.inject({ url: '/v1/things/secret?token=hunter2', headers: { 'x-request-id': 'from-client-1' } });
    await app.inject('/v1/unknown/hunter2');
    const requests = lines.filter((line) => line['msg'] === 'request');
    expect(requests).toMatchObject([
      { requestId: 'from-client-1', method: 'GET', route: '/v1/things/:id', status: 200, level: 'info' },
      { route: '(unknown)', status: 404 },
    ]);
    expect(JSON.stringify(lines)).not.toContain('hunter2');
    expect(await metrics.registry.metrics()).toContain('route="/v1/things/:id",status="200"} 1');
  });

  it('refuses request ids that could forge a log line', async () => {
    const { app } = make();
    app.get('/', () => 'ok');
    const response = await app.inject({ url: '/', headers: { 'x-request-id': 'a b c d e f g h\u0000' } });
    expect(response.headers['x-request-id']).toMatch(/^[\da-f-]{36}$/);
  });

  it('probes are quiet', async () => {
    const { app, lines } = make();
    app.get('/v1/liveness', () => '');
    await app.inject('/v1/liveness');
    expect(lines.filter((line) => line['msg'] === 'request')).toMatchObject([{ level: 'debug' }]);
  });
});

describe('spans', () => {
  it('wrap the handler and take the parent from traceparent', async () => {
    const spans: { name: string; options: SpanOptions; failed: boolean }[] = [];
    let inside: string | undefined;
    const tracer: Tracer = {
      span: async (name, options, fn) => {
        const span = { name, options, failed: false };
        spans.push(span);
        inside = name;
        try {
          return await fn();
        } catch (error) {
          span.failed = true;
          throw error;
        }
      },
      current: () => undefined,
      shutdown: () => Promise.resolve(),
    };
    const { app } = make({ tracer });
    let seen: string | undefined;
    app.get('/good', () => (seen = inside));
    app.get('/bad', () => Promise.reject(new Error('x')));
    app.get('/readyz', () => '');
    const parent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    await app.inject({ url: '/good', headers: { traceparent: parent } });
    await app.inject({ url: '/bad', headers: { traceparent: 'nonsense' } });
    await app.inject('/readyz');
    expect(seen).toBe('GET /good');
    expect(spans.map(({ name, options, failed }) => [name, options.kind, options.parent, failed])).toEqual([
      ['GET /good', 'server', parent, false],
      ['GET /bad', 'server', undefined, true],
    ]);
  });
});

describe('listening', () => {
  it('takes any free port and says which', async () => {
    const { server, app } = make();
    app.get('/', () => 'hello');
    const { url, port } = await server.start();
    expect(port).toBeGreaterThan(0);
    expect(await (await fetch(url)).text()).toBe('hello');
  });

  it('a port in use is a clear error', async () => {
    const { port } = await make().server.start();
    await expect(make({ port }).server.start()).rejects.toMatchObject({
      code: 'PORT_IN_USE',
      message: `api cannot listen on 127.0.0.1:${port}: the port is in use`,
    });
  });

  it('another address is one too', async () => {
    await expect(make({ host: '203.0.113.1' }).server.start()).rejects.toMatchObject({ code: 'LISTEN_FAILED' });
  });

  it('speaks TLS', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'kso-tls-'));
    const tls = { certFile: join(folder, 'cert.pem'), keyFile: join(folder, 'key.pem') };
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1'];
    const openssl = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '1'];
    execFileSync('openssl', [...openssl, ...subject, '-keyout', tls.keyFile, '-out', tls.certFile], {
      stdio: 'ignore',
    });
    const { server, app } = make({ tls });
    app.get('/', () => 'secure');
    const { url } = await server.start();
    const status = await new Promise((resolve, reject) => {
      secureRequest(url, { rejectUnauthorized: false, agent: false }, (response) => {
        response.resume();
        resolve(response.statusCode);
      })
        .on('error', reject)
        .end();
    });
    rmSync(folder, { recursive: true });
    expect([status, url.startsWith('https://')]).toEqual([200, true]);
    expect(() => make({ tls })).toThrow(expect.objectContaining({ code: 'TLS_UNREADABLE' }));
  });
});

describe('stopping', () => {
  it('lets a running request finish, refuses new ones, and may be called twice', async () => {
    const { server, app } = make();
    const entered = Promise.withResolvers<void>();
    const release = Promise.withResolvers<string>();
    app.get('/slow', () => {
      entered.resolve();
      return release.promise;
    });
    const { url } = await server.start();
    const answer = fetch(`${url}/slow`);
    await entered.promise;
    const stopped = Promise.all([server.stop(), server.stop()]);
    await expect(fetch(url)).rejects.toThrow('fetch failed');
    release.resolve('done');
    const response = await answer;
    // Told to close, or the idle connection would hold up the stop until its time limit.
    expect([await response.text(), response.headers.get('connection')]).toEqual(['done', 'close']);
    await stopped;
  });

  it('cuts connections that do not end in time', async () => {
    const { server, app } = make({ graceMs: 1 });
    const entered = Promise.withResolvers<void>();
    app.get('/never', () => {
      entered.resolve();
      return new Promise(() => undefined);
    });
    const { port } = await server.start();
    const socket = connect(port, '127.0.0.1');
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.on('error', () => undefined);
    socket.write('GET /never HTTP/1.1\r\nhost: x\r\n\r\n');
    await entered.promise;
    await server.stop();
    await closed;
    expect(socket.destroyed).toBe(true);
  });
});
