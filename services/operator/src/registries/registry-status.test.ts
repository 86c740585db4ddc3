import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createHttpClient, type HttpClient, readOutgoing } from '@kso/kit';
import { fakeCatalogues } from '@kso/registry/testing';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { loginStore } from '../testing/login-store.ts';
import { patiently, type TestOperator, testOperator } from '../testing/test-operator.ts';

interface Seen {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly authorization: string | undefined;
  readonly body: { readonly spec: object };
}

const secret = 'kubescape-registry-scan-77';
const password = 'hunter2';
const login = JSON.stringify({ instanceURL: 'harbor.example.com', username: 'robot', password });

let seen: Seen[];
let answer: number;
let exporter: Server;
let http: HttpClient;
let test: TestOperator;

beforeEach(async () => {
  seen = [];
  answer = 200;
  exporter = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method, url, headers } = request;
      const body = JSON.parse(Buffer.concat(chunks).toString('utf8')) as Seen['body'];
      seen.push({ method, url, authorization: headers.authorization, body });
      response.writeHead(answer).end();
    });
  });
  exporter.listen(0, '127.0.0.1');
  await once(exporter, 'listening');
  const url = `http://127.0.0.1:${(exporter.address() as AddressInfo).port}/apis/`;
  http = createHttpClient({ outgoing: readOutgoing({}) });
  const catalogues = fakeCatalogues({
    'team/api': ['1'],
    'team/broken': { outcome: 'unreachable', detail: 'status 500' },
  });
  test = testOperator({
    config: { exporter: { url, headers: { Authorization: 'Bearer s3cr3t' } } },
    ports: { http, registries: { catalogues, store: loginStore({ [secret]: login }) } },
  });
  await test.operator.start();
});

afterEach(async () => {
  await test.stop();
  await http.close();
  exporter.close();
  await once(exporter, 'close');
});

async function scan(jobID: string, repositories: readonly string[], secretName = secret): Promise<void> {
  const registry = { guid: 'g-1', name: 'our harbor', provider: 'harbor', repositories };
  const args = { 'registry-secret': secretName, 'registryInfo-v1': registry };
  await test.post({ commands: [{ commandName: 'scanRegistryV2', jobTracking: { jobID }, args }] });
  await expect.poll(async () => (await test.queue.getParent(jobID))?.sealed, patiently).toBe(true);
}

it('tells the exporter how scans of registry objects go', async () => {
  await scan('some', ['team/api']);
  await scan('nothing', []);
  await scan('broken', ['team/broken']);
  await scan('refused', ['team/api'], 'kubescape-registry-scan-none');
  expect(seen[0]).toEqual({
    method: 'POST',
    url: '/apis/v1/registrystatuses',
    authorization: 'Bearer s3cr3t',
    body: {
      kind: 'RegistryStatuses',
      apiVersion: 'kubescape.io/v1',
      metadata: { name: '', namespace: '' },
      spec: { guid: 'g-1', scanStatus: 'In Progress', scanTime: expect.any(String) as string },
    },
  });
  expect(seen.slice(1).map(({ body }) => body.spec)).toMatchObject([
    { scanStatus: 'Completed' },
    { scanStatus: 'Failed', scanStatusMessage: 'team/broken: the registry cannot be reached (status 500)' },
    { scanStatus: 'Failed', scanStatusMessage: expect.stringContaining('there is no Secret') as string },
  ]);
});

it('an exporter that fails costs a line in the log', async () => {
  answer = 503;
  await scan('nothing', []);
  expect(await test.get('/v1/jobs/nothing')).toMatchObject({ state: 'succeeded' });
  expect(test.log.join('')).toContain('the status of a registry scan could not be told');
  expect(test.log.join('')).not.toMatch(/s3cr3t|hunter2/);
});
