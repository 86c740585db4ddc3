import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHttpClient, createLogger, readOutgoing, systemClock } from '@kso/kit';
import { expect, it, onTestFinished } from 'vitest';
import { createExceptionEndpoint } from './endpoint.ts';

it('asks for the exceptions of the account; the last answer counts while the endpoint is away, also after a restart', async () => {
  let answer: { status: number; body: string } = { status: 200, body: '[{"name":"one"}]' };
  const urls: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    urls.push(request.url);
    response.writeHead(answer.status).end(answer.body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const directory = await mkdtemp(join(tmpdir(), 'kso-endpoint-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const http = createHttpClient({ outgoing: readOutgoing({}) });
  onTestFinished(() => http.close());
  const open = (folder = directory) =>
    createExceptionEndpoint({
      http,
      url: () => `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
      account: 'acc',
      directory: folder,
      clock: systemClock,
      logger: createLogger({ service: 'test', level: 'silent' }),
    });
  const { signal } = new AbortController();

  expect(await open()(signal)).toMatchObject({ source: 'account', value: [{ name: 'one' }] });
  expect(urls).toEqual(['/api/v1/armoVulnerabilityExceptions?customerGUID=acc']);
  for (const bad of [
    { status: 500, body: 'x' },
    { status: 403, body: '[]' },
    { status: 200, body: '<html>' },
  ]) {
    answer = bad;
    expect(await open()(signal)).toMatchObject({
      value: [{ name: 'one' }],
      degraded: expect.stringContaining('counts'),
    });
    expect(await open(join(directory, 'none'))(signal)).toMatchObject({ problem: expect.any(String) });
  }
  answer = { status: 404, body: '' };
  expect(await open()(signal)).toBeUndefined();
});
