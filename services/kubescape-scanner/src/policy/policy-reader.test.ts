import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createHttpClient, createLogger, readOutgoing, Secret } from '@kso/kit';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { createLastGood } from './last-good.ts';
import type { PolicyDocuments } from './policy-documents.ts';
import { createPolicyEndpoint, type EndpointAnswer, type PolicyEndpoint } from './policy-endpoint.ts';
import { createPolicyReader, type PolicyFiles } from './policy-reader.ts';
import { createPolicyWatch } from './policy-watch.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'kso-policy-'));
  const made = folder;
  onTestFinished(() => rmSync(made, { recursive: true, force: true }));
});

const never = new AbortController().signal;
const logger = createLogger({ service: 'test', level: 'silent' });
const answering = (answer: EndpointAnswer): PolicyEndpoint => ({ get: async () => answer });

function read(endpoint?: PolicyEndpoint, files: PolicyFiles = {}): Promise<PolicyDocuments> {
  const clock = { now: () => Date.UTC(2026, 10, 30), sleep: () => Promise.resolve() };
  return createPolicyReader(files, { clock, logger, endpoint, lastGood: createLastGood(folder) }).read(never);
}

describe('reading policy', () => {
  it('reads files before the endpoint, each by itself', async () => {
    const file = path.join(folder, 'exceptions.json');
    writeFileSync(file, '[]');
    const missing = path.join(folder, 'no.json');
    const documents = await read(answering({ type: 'found', document: [{ name: 'a' }] }), {
      exceptions: file,
      controlInputs: missing,
    });
    expect(documents.exceptions).toEqual([
      { source: 'file', origin: `file ${file}`, value: [] },
      { source: 'account', origin: 'the CloudEndpoint', value: [{ name: 'a' }] },
    ]);
    expect(documents.controlInputs[0]).toMatchObject({ origin: `file ${missing}`, problem: expect.any(String) });
    expect(documents.frameworks).toHaveLength(1);
  });

  it('takes the last good answer while the endpoint does not answer, and says so', async () => {
    await read(answering({ type: 'found', document: { name: 'kept' } }));
    const { frameworks } = await read(answering({ type: 'failed', problem: 'HTTP 503' }));
    expect(frameworks).toEqual([
      {
        source: 'account',
        origin: 'the CloudEndpoint',
        value: { name: 'kept' },
        degraded: 'HTTP 503; the answer of 2026-11-30T00:00:00.000Z counts',
      },
    ]);
  });

  it('names what it never had', async () => {
    const { exceptions } = await read(answering({ type: 'failed', problem: 'HTTP 503' }));
    expect(exceptions).toEqual([{ source: 'account', origin: 'the CloudEndpoint', problem: 'HTTP 503' }]);
  });

  it('misses nothing of an endpoint that keeps no policy, or where there is none', async () => {
    const nothing = { frameworks: [], exceptions: [], controlInputs: [], attackTracks: [] };
    expect(await read(answering({ type: 'absent' }))).toEqual(nothing);
    expect(await read()).toEqual(nothing);
  });
});

describe('the endpoint over HTTP', () => {
  async function endpointAnswering(status: number, body: string, headers: Record<string, string | undefined> = {}) {
    const seen: Record<string, string | undefined> = headers;
    const server = createServer((request, response) => {
      Object.assign(seen, { url: request.url, key: request.headers['x-api-key'] });
      response.writeHead(status).end(body);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const http = createHttpClient({ outgoing: readOutgoing({}) });
    onTestFinished(async () => {
      await http.close();
      server.close();
    });
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const accessKey = new Secret('tea-time');
    return { seen, endpoint: createPolicyEndpoint({ url: () => url, http, account: 'acme', accessKey }) };
  }

  it('asks for the account with its key', async () => {
    const { seen, endpoint } = await endpointAnswering(200, '[1]');
    expect(await endpoint.get('/api/v1/frameworks', never)).toEqual({ type: 'found', document: [1] });
    expect(seen).toEqual({ url: '/api/v1/frameworks?customerGUID=acme', key: 'tea-time' });
  });

  it.each([
    [404, '', { type: 'absent' }],
    [401, '{}', { type: 'failed', problem: 'HTTP 401' }],
    [200, '{"cut', { type: 'failed', problem: expect.any(String) }],
  ])('HTTP %i with %j', async (status, body, expected) => {
    const { endpoint } = await endpointAnswering(status, body);
    expect(await endpoint.get('/api/v1/frameworks', never)).toEqual(expected);
  });

  it('fails without an address', async () => {
    const http = createHttpClient({ outgoing: readOutgoing({}) });
    const endpoint = createPolicyEndpoint({ url: () => undefined, http });
    expect((await endpoint.get('/api/v1/frameworks', never)).type).toBe('failed');
    await http.close();
  });
});

describe('watching policy', () => {
  it('tells of changes only', async () => {
    const answers = ['a', 'a', 'b'].map((name): PolicyDocuments => {
      const value = { name };
      return {
        frameworks: [{ source: 'account', origin: 'x', value }],
        exceptions: [],
        controlInputs: [],
        attackTracks: [],
      };
    });
    const told: PolicyDocuments[] = [];
    const done = Promise.withResolvers<void>();
    let reads = 0;
    const watch = createPolicyWatch({
      reader: { read: async () => answers[Math.min(reads++, 2)] ?? answers[0] ?? Promise.reject(new Error('none')) },
      clock: {
        now: () => 0,
        sleep: () => {
          if (reads >= 4) done.resolve();
          return reads >= 4 ? new Promise(() => undefined) : Promise.resolve();
        },
      },
      everyMs: 1,
      onPolicy: (documents) => told.push(documents),
    });
    watch.start();
    await watch.first();
    await done.promise;
    expect(told).toEqual([answers[0], answers[2]]);
  });
});
