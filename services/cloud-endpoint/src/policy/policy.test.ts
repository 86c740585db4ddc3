import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { systemClock } from '@kso/kit';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startTestEndpoint } from '../testing/endpoint.ts';

function start(config: object = {}) {
  const endpoint = startTestEndpoint(config);
  onTestFinished(() => endpoint.stop());
  return endpoint;
}

const parsed = async (answer: Promise<{ status: number; text: string }>) => {
  const { status, text } = await answer;
  return { status, body: JSON.parse(text) as unknown };
};

const exporter = {
  name: 'node-exporter',
  actions: ['alertOnly'],
  resources: [{ designatorType: 'Attributes', attributes: { namespace: 'monitoring', name: 'node-exporter' } }],
  posturePolicies: [{ controlID: 'C-0044' }],
  reason: 'it measures the node',
};

const openssl = {
  name: 'openssl-in-shop',
  actions: ['ignore'],
  designators: [{ designatorType: 'Attributes', attributes: { namespace: 'shop', kind: 'Deployment' } }],
  vulnerabilities: [{ name: 'CVE-2026-1' }],
  expiredOnFix: true,
};

const baseline = { name: 'our-baseline', controlsIDs: ['C-0057', 'C-0013'] };
const track = { metadata: { name: 'ours' }, spec: { data: { name: 'Entry', subSteps: [] } } };

describe('documents that people keep', () => {
  it.each([
    ['/api/exceptions/posture', exporter, '/api/v1/controlExceptions'],
    [
      '/api/exceptions/vulnerability',
      openssl,
      '/api/v1/armoVulnerabilityExceptions?scope.namespace=shop&scope.kind=deployment',
    ],
    ['/api/frameworks', baseline, '/api/v1/frameworks'],
    ['/api/attack-tracks', { ...track, name: 'ours' }, '/api/v1/attackTracks'],
  ])('%s: put, given to scanners, replaced and deleted; each may be repeated', async (own, document, wire) => {
    const endpoint = start();
    const { name, ...rest } = document;
    const item = `${own}/${name}`;
    expect(await parsed(endpoint.get(wire))).toEqual({ status: 200, body: [] });
    const first = await endpoint.send('PUT', item, rest);
    expect(first.status).toBe(201);
    endpoint.setTime('2026-12-01T12:00:00Z');
    const second = await endpoint.send('PUT', item, rest);
    expect([second.status, second.body]).toEqual([200, first.body]);
    expect((await parsed(endpoint.get(wire))).body).toMatchObject([rest]);

    expect((await endpoint.send('PUT', own, [document])).body).toMatchObject({ created: 0, removed: 0 });
    const listed = await parsed(endpoint.get(own));
    expect(listed.body).toMatchObject({ items: [rest] });
    // What was read may be put back.
    expect(await endpoint.send('PUT', own, listed.body)).toMatchObject({ status: 200, body: { changed: 0 } });

    expect((await endpoint.send('DELETE', item)).status).toBe(204);
    expect((await endpoint.send('DELETE', item)).status).toBe(204);
    expect((await endpoint.get(item)).status).toBe(404);
    expect(await parsed(endpoint.get(wire))).toEqual({ status: 200, body: [] });
  });

  it('a whole list takes the place of the one before, or nothing changes', async () => {
    const endpoint = start();
    await endpoint.send('PUT', '/api/exceptions/posture', [exporter, { ...exporter, name: 'second' }]);
    const refused = await endpoint.send('PUT', '/api/exceptions/posture', [
      { ...exporter, name: 'third' },
      { name: 'bad' },
    ]);
    expect(refused).toMatchObject({ status: 400, text: expect.stringContaining('[1]') });
    expect(await endpoint.send('PUT', '/api/exceptions/posture', [exporter])).toMatchObject({
      body: { created: 0, changed: 0, removed: 1 },
    });
    expect(await endpoint.send('PUT', '/api/exceptions/posture', [exporter, exporter])).toMatchObject({ status: 400 });
    expect((await endpoint.send('DELETE', '/api/exceptions/posture')).status).toBe(204);
    expect(await parsed(endpoint.get('/api/exceptions/posture'))).toMatchObject({ body: { items: [] } });
  });

  it('exceptions are given out as upstream has them, with an id that stays', async () => {
    const endpoint = start();
    const first = (await endpoint.send('PUT', '/api/exceptions/posture/node-exporter', exporter)).body as {
      guid: string;
    };
    expect(first).toMatchObject({
      ...exporter,
      policyType: 'postureExceptionPolicy',
      creationTime: '2026-11-30T12:00:00.000Z',
      updatedTime: '2026-11-30T12:00:00.000Z',
    });
    expect(first.guid).toMatch(/^[\da-f-]{36}$/);
    endpoint.setTime('2026-12-02T00:00:00Z');
    const changed = await endpoint.send('PUT', '/api/exceptions/posture/node-exporter', { ...exporter, reason: 'r' });
    expect(changed.body).toMatchObject({ guid: first.guid, updatedTime: '2026-12-02T00:00:00.000Z', reason: 'r' });
  });

  it.each([
    [
      '/api/exceptions/posture/x',
      { posturePolicies: [{ controlID: '(' }], resources: exporter.resources },
      'posturePolicies[0].controlID',
    ],
    ['/api/exceptions/posture/x', { posturePolicies: [{}] }, 'it names no resource'],
    ['/api/exceptions/posture/x', { ...exporter, name: 'y' }, 'the address says "x"'],
    [
      '/api/exceptions/posture/node-exporter',
      { ...exporter, policyType: 'vulnerabilityExceptionPolicy' },
      'policyType',
    ],
    ['/api/exceptions/posture/x', { ...exporter, name: 'x', expirationDate: 'soon' }, 'expirationDate'],
    ['/api/exceptions/posture/x', [], 'no JSON object'],
    ['/api/exceptions/vulnerability/x', { vulnerabilities: [] }, 'vulnerabilities: it names none'],
    ['/api/exceptions/vulnerability/x', { ...openssl, name: 'x', designators: [{}] }, 'name nothing'],
    [
      '/api/exceptions/vulnerability/x',
      { ...openssl, name: 'x', designators: [{ attributes: { name: '(' } }] },
      'no regular expression',
    ],
    [
      '/api/exceptions/vulnerability/x',
      { ...openssl, name: 'x', designators: [{ attributes: { app: 'a' } }] },
      'app is none of cluster',
    ],
    ['/api/exceptions/vulnerability/x', { ...openssl, name: 'x', expirationDate: '2030-13' }, 'expirationDate'],
    ['/api/frameworks/x', { controlsIDs: ['C-9999'] }, 'C-9999'],
    ['/api/attack-tracks/x', { metadata: { name: 'x' }, spec: {} }, 'spec.data'],
    ['/api/control-inputs', { insecureCapabilities: 'ALL' }, 'insecureCapabilities'],
    ['/api/control-inputs', { sensitiveValues: ['('] }, 'no regular expression'],
  ])('%s refuses what no scanner would take: %j', async (own, document, reason) => {
    const endpoint = start();
    const answer = await endpoint.send('PUT', own, document);
    expect([answer.status, answer.text]).toEqual([
      400,
      expect.stringContaining(reason.replaceAll('"', String.raw`\"`)),
    ]);
  });

  it('a name may be long and hold anything; a longer one is refused', async () => {
    const endpoint = start();
    const name = 'ü/ '.repeat(66);
    const path = (text: string) => `/api/exceptions/posture/${encodeURIComponent(text)}`;
    expect((await endpoint.send('PUT', path(name), { ...exporter, name })).status).toBe(201);
    expect((await parsed(endpoint.get(path(name)))).body).toMatchObject({ name });
    expect((await endpoint.send('PUT', path(`${name}!!!`), { ...exporter, name: `${name}!!!` })).status).toBe(400);
  });

  it('one framework is asked for by its name', async () => {
    const endpoint = start();
    await endpoint.send('PUT', '/api/frameworks/our-baseline', baseline);
    expect((await parsed(endpoint.get('/api/v1/frameworks?frameworkName=our-baseline'))).body).toEqual(baseline);
    expect((await endpoint.get('/api/v1/frameworks?frameworkName=nsa')).status).toBe(404);
  });

  it('control inputs come in any form, and are absent until there are some', async () => {
    const endpoint = start();
    expect((await endpoint.get('/api/v1/customerConfig')).status).toBe(404);
    expect(await parsed(endpoint.get('/api/control-inputs'))).toEqual({ status: 200, body: { inputs: {} } });
    const inputs = { insecureCapabilities: ['BPF'], ours: ['x'] };
    for (const form of [inputs, { settings: { postureControlInputs: inputs } }, { inputs }])
      expect(await endpoint.send('PUT', '/api/control-inputs', form)).toMatchObject({ status: 200, body: { inputs } });
    expect((await parsed(endpoint.get('/api/v1/customerConfig'))).body).toMatchObject({
      settings: { postureControlInputs: inputs },
    });
    expect((await endpoint.send('DELETE', '/api/control-inputs')).status).toBe(204);
    expect((await endpoint.get('/api/v1/customerConfig')).status).toBe(404);
  });
});

describe('GET /api/v1/armoVulnerabilityExceptions', () => {
  const ask = async (endpoint: ReturnType<typeof start>, scope: Record<string, string>) => {
    const query = new URLSearchParams(Object.entries(scope).map(([key, value]) => [`scope.${key}`, value]));
    const { body } = await parsed(endpoint.get(`/api/v1/armoVulnerabilityExceptions?${query.toString()}`));
    return (body as { name: string }[]).map(({ name }) => name);
  };

  it('answers those of the scope that have not expired', async () => {
    const endpoint = start();
    const put = (name: string, attributes: object, more = {}) =>
      endpoint.send('PUT', `/api/exceptions/vulnerability/${name}`, {
        ...openssl,
        name,
        designators: [{ attributes }],
        ...more,
      });
    await put('everywhere', { cluster: '.*' });
    await put('web', { cluster: 'prod', namespace: 'shop', kind: 'Deployment', name: 'web-.*', containerName: 'app' });
    await put('dated', { cluster: '*' }, { expirationDate: '2026-12-01T00:00:00Z' });
    const web = { cluster: 'prod', namespace: 'shop', kind: 'deployment', name: 'web-1', containerName: 'app' };
    expect(await ask(endpoint, web)).toEqual(['dated', 'everywhere', 'web']);
    expect(await ask(endpoint, { ...web, containerName: 'sidecar' })).toEqual(['dated', 'everywhere']);
    const registry = { cluster: '', namespace: '', kind: '', name: '', containerName: '' };
    expect(await ask(endpoint, registry)).toEqual(['dated', 'everywhere']);
    endpoint.setTime('2026-12-01T00:00:01Z');
    expect(await ask(endpoint, registry)).toEqual(['everywhere']);
    // Whoever asks for all of them looks at scopes and dates itself.
    expect(await ask(endpoint, {})).toEqual(['dated', 'everywhere', 'web']);
  });

  it('takes the account twice, and gives each account its own', async () => {
    const accounts = [
      { id: 'a', accessKey: 'key-a' },
      { id: 'b', accessKey: 'key-b' },
    ];
    const endpoint = start({ accounts });
    const all = { ...openssl, designators: [{ attributes: { cluster: '.*' } }] };
    await endpoint.send('PUT', '/api/exceptions/vulnerability/openssl-in-shop', all, { 'x-api-key': 'key-a' });
    const read = async (account: string) => {
      const url = `/api/v1/armoVulnerabilityExceptions?customerGUID=${account}&customerGUID=${account}`;
      return (await parsed(endpoint.get(url, { 'x-api-key': `key-${account}` }))).body;
    };
    expect(await read('a')).toHaveLength(1);
    expect(await read('b')).toHaveLength(0);
    expect((await endpoint.get('/api/v1/armoVulnerabilityExceptions?customerGUID=a')).status).toBe(401);
  });
});

describe('who may change them', () => {
  it('nobody without the account, and no page of another site', async () => {
    const endpoint = start({ account: 'acme', accessKey: 'key' });
    const put = async (headers: Record<string, string>) =>
      (await endpoint.send('PUT', '/api/exceptions/posture/node-exporter', exporter, headers)).status;
    expect(await put({})).toBe(401);
    expect(await put({ 'x-api-key': 'other' })).toBe(401);
    const login = { 'x-api-key': 'key' };
    expect(await put({ ...login, 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' })).toBe(403);
    expect(await put({ ...login, origin: 'https://evil.example.com' })).toBe(403);
    expect(await put(login)).toBe(201);
  });

  it('keeps them over a restart, written by the thread that writes reports', async () => {
    const dataDir = mkdtempSync(path.join(tmpdir(), 'kso-endpoint-'));
    onTestFinished(() => rmSync(dataDir, { recursive: true, force: true }));
    const open = () => startTestEndpoint({ dataDir }, { clock: systemClock });
    const before = open();
    expect((await before.send('PUT', '/api/exceptions/posture/node-exporter', exporter)).status).toBe(201);
    await before.stop();
    const after = open();
    expect((await parsed(after.get('/api/v1/controlExceptions'))).body).toMatchObject([exporter]);
    await after.stop();
  });
});
