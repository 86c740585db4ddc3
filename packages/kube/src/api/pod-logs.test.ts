import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { systemClock } from '@kso/kit';
import { expect, it, onTestFinished } from 'vitest';
import { createKubeClient } from '../client.ts';

const target = { namespace: 'shop', pod: 'web-1', container: 'app', previous: true };
const options = { lines: 50, maxBytes: 1000 };

async function connect(answer: RequestListener) {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const connection = {
    name: 'test',
    server: url,
    tls: () => Promise.resolve({}),
    headers: () => Promise.resolve({}),
    refused: () => {},
  };
  const client = createKubeClient(connection, { clock: systemClock, userAgent: 'kso-test' });
  onTestFinished(async () => {
    await client.close();
    server.closeAllConnections();
    server.close();
  });
  return client;
}

const status = (code: number, message: string): RequestListener => {
  const body = JSON.stringify({ kind: 'Status', apiVersion: 'v1', code, message });
  return (_request, response) => void response.writeHead(code, { 'content-type': 'application/json' }).end(body);
};

it('reads the last lines of a run of a container, with their times, and bounded', async () => {
  let asked = '';
  const client = await connect((request, response) => {
    asked = request.url ?? '';
    response.end('2026-01-01T00:00:00Z panic: no config\n');
  });
  expect(await client.podLog({ ...target, container: 'a/b&c' }, options)).toEqual({
    outcome: 'found',
    text: '2026-01-01T00:00:00Z panic: no config\n',
  });
  expect(asked).toBe(
    '/api/v1/namespaces/shop/pods/web-1/log?container=a%2Fb%26c&previous=true&tailLines=50&limitBytes=1000&timestamps=true',
  );
});

it.each([
  [400, 'container "app" in pod "web-1" is waiting to start', 'unavailable'],
  [401, 'Unauthorized', 'forbidden'],
  [403, 'pods "web-1" is forbidden', 'forbidden'],
  [404, 'pods "web-1" not found', 'notFound'],
  [410, 'gone', 'unavailable'],
  [500, 'Get "https://10.0.0.1:10250/containerLogs": dial tcp: connection refused', 'unavailable'],
])('a log that cannot be read is a value: %i', async (code, message, outcome) => {
  const client = await connect(status(code, message));
  expect(await client.podLog(target, options)).toEqual({ outcome, detail: message });
});

it('a server that sends more than was asked for is refused, and one that breaks off is unreachable', async () => {
  const large = await connect((_request, response) => void response.end('x'.repeat(1001)));
  await expect(large.podLog(target, options)).rejects.toMatchObject({ code: 'KUBE_ANSWER_TOO_LARGE' });
  const broken = await connect((_request, response) => {
    response.writeHead(200, { 'content-length': '100' }).write('half', () => response.destroy());
  });
  await expect(broken.podLog(target, options)).rejects.toMatchObject({ code: 'KUBE_UNREACHABLE' });
});
