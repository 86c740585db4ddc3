import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createHttpClient, readOutgoing } from '@kso/kit';
import { expect, it, onTestFinished } from 'vitest';
import { discoverServices } from './discovery.ts';

async function discover(status: number, body: string) {
  const paths: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    paths.push(request.url);
    response.writeHead(status).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const http = createHttpClient({ outgoing: readOutgoing({}) });
  onTestFinished(async () => {
    await http.close();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  return { outcome: await discoverServices(url, { http }), paths };
}

it('reads the addresses that the endpoint names and ignores what it does not know', async () => {
  const response = { 'event-receiver-http': 'https://r.example.com', 'api-server': '', metrics: 7, more: {} };
  const { outcome, paths } = await discover(200, JSON.stringify({ version: 'v3', response }));
  expect(outcome).toEqual({ kind: 'found', services: { eventReceiver: 'https://r.example.com' } });
  expect(paths).toEqual(['/api/v3/servicediscovery']);
});

it.each([
  [404, '{}', 'HTTP 404'],
  [200, '<html>', 'the answer is not a discovery document'],
  [200, 'x'.repeat(100_000), 'the answer is not a discovery document'],
])('says that an endpoint which answers %i has no discovery', async (status, body, reason) => {
  expect((await discover(status, body)).outcome).toEqual({ kind: 'unsupported', reason });
});

it('says that nobody answers', async () => {
  const http = createHttpClient({ outgoing: readOutgoing({}) });
  expect(await discoverServices('http://127.0.0.1:1', { http })).toMatchObject({ kind: 'unreachable' });
  await http.close();
});
