import { describe, expect, it } from 'vitest';
import { refuseOtherSites } from './other-sites.ts';
import { createHttpServer } from './server.ts';
import { testPorts } from './test-ports.ts';

function listener(host: string) {
  const { app } = createHttpServer({ ...testPorts(), name: 'x', host, port: 0 });
  refuseOtherSites(app, { host });
  let commands = 0;
  app.all('/command', () => {
    commands += 1;
    return 'ok';
  });
  return async (headers: Record<string, string>, method: 'GET' | 'POST' = 'POST') => {
    const before = commands;
    const { statusCode } = await app.inject({ method, url: '/command', headers });
    // Refused means that nothing was carried out, not only that the answer says so.
    expect(commands - before).toBe(statusCode === 200 ? 1 : 0);
    return statusCode;
  };
}

describe.each(['127.0.0.1', '0.0.0.0'])('a listener on %s', (host) => {
  const ask = listener(host);

  it('answers clients that are no browsers', async () => {
    expect(await ask({ host: '127.0.0.1:4002' })).toBe(200);
    expect(await ask({ host: 'localhost:4002', 'content-type': 'text/plain' })).toBe(200);
  });

  it('answers its own pages', async () => {
    const own = { host: 'localhost:4002', origin: 'http://localhost:4002', 'sec-fetch-site': 'same-origin' };
    expect(await ask(own)).toBe(200);
    expect(await ask({ host: 'LocalHost:4002', origin: 'http://localhost:4002' })).toBe(200);
  });

  it.each([
    { origin: 'http://evil.example' },
    { origin: 'null' },
    { origin: 'http://127.0.0.1:3000' },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
  ])('refuses what another page sends: %j', async (headers) => {
    expect(await ask({ host: '127.0.0.1:4002', ...headers })).toBe(403);
  });

  it('refuses links from other pages too: some GETs start something', async () => {
    const link = { host: '127.0.0.1:4002', 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' };
    expect(await ask(link, 'GET')).toBe(403);
  });
});

describe('names', () => {
  const rebound = { host: 'evil.example:4002', origin: 'http://evil.example:4002', 'sec-fetch-site': 'same-origin' };

  it('a listener on loopback is not reached under a foreign name', async () => {
    for (const host of ['127.0.0.1', '::1', 'localhost']) expect(await listener(host)(rebound)).toBe(403);
    expect(await listener('127.0.0.1')({ host: '127.0.0.1.evil.example' })).toBe(403);
    expect(await listener('127.0.0.1')({ host: '[::1]:4002' })).toBe(200);
  });

  it('one in a cluster is reached under any', async () => {
    expect(await listener('0.0.0.0')({ host: 'operator.kubescape.svc:4002' })).toBe(200);
  });
});
