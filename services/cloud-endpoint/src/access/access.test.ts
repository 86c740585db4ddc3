import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { startTestEndpoint } from '../testing/endpoint.ts';
import { postureReport, scanFailure } from '../testing/reports.ts';

const path = '/k8s/v2/postureReport';

describe('without accounts', () => {
  let endpoint: ReturnType<typeof startTestEndpoint>;
  beforeEach(() => {
    endpoint = startTestEndpoint();
  });
  afterEach(() => endpoint.stop());

  const from = async (options: { ip?: string; headers?: Record<string, string>; method?: 'GET' | 'POST' }) => {
    const { ip = '127.0.0.1', headers = {}, method = 'GET' } = options;
    const url = method === 'GET' ? '/api/clusters' : path;
    const payload = method === 'GET' ? undefined : JSON.stringify(postureReport());
    const response = await endpoint.endpoint.app.inject({
      method,
      url,
      remoteAddress: ip,
      headers,
      ...(payload === undefined ? {} : { payload }),
    });
    return response.statusCode;
  };

  it('answers this machine and nobody else', async () => {
    expect(await from({})).toBe(200);
    expect(await from({ ip: '::1' })).toBe(200);
    expect(await from({ ip: '::ffff:127.0.0.1' })).toBe(200);
    expect(await from({ ip: '10.1.2.3' })).toBe(401);
    expect(await from({ ip: '10.1.2.3', method: 'POST' })).toBe(401);
  });

  it('answers under its own names only, so that no foreign name can be pointed at it', async () => {
    expect(await from({ headers: { host: 'evil.example.com' } })).toBe(403);
    expect(await from({ headers: { host: 'localhost:8090' } })).toBe(200);
  });

  it('refuses what the page of another site sends', async () => {
    const foreign = { origin: 'https://evil.example.com', 'sec-fetch-site': 'cross-site' };
    expect(await from({ headers: foreign, method: 'POST' })).toBe(403);
    expect(await from({ headers: { 'sec-fetch-site': 'same-site' } })).toBe(403);
    expect(
      await from({
        headers: { host: 'localhost:8090', origin: 'http://localhost:8090', 'sec-fetch-site': 'same-origin' },
      }),
    ).toBe(200);
  });

  it('keeps all reports in one account, whatever they claim', async () => {
    await endpoint.post(`${path}?customerGUID=somebody`, postureReport({ more: { customerGUID: 'else' } }));
    await endpoint.post('/k8s/v2/scanFailure', scanFailure());
    const { text } = await endpoint.get('/api/clusters');
    expect(JSON.parse(text)).toMatchObject({ isOpen: true, items: [{ name: 'minikube', images: 1 }] });
  });
});

describe('with accounts', () => {
  const accounts = [
    { id: 'a', accessKey: 'key-a' },
    { id: 'b', accessKey: 'key:b' },
  ];
  const start = () => {
    const endpoint = startTestEndpoint({ accounts });
    onTestFinished(() => endpoint.stop());
    return endpoint;
  };
  const basic = (user: string, password: string) => ({
    authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`,
  });

  it('takes reports with account and key, and refuses wrong and missing ones, also of this machine', async () => {
    const endpoint = start();
    const post = async (query: string, headers: Record<string, string>) =>
      (await endpoint.post(`${path}${query}`, postureReport(), { headers })).status;
    expect(await post('?customerGUID=a', { 'x-api-key': 'key-a' })).toBe(200);
    expect(await post('', { 'x-api-key': 'key-a' })).toBe(200);
    expect(await post('?customerGUID=a', {})).toBe(401);
    expect(await post('?customerGUID=a', { 'x-api-key': 'key:b' })).toBe(401);
    expect(await post('?customerGUID=c', { 'x-api-key': 'key-a' })).toBe(401);
    expect(await post('?customerGUID=a', basic('a', 'key-a'))).toBe(401);
  });

  it('refuses a report that names another account than the key’s', async () => {
    const endpoint = start();
    const report = postureReport({ more: { customerGUID: 'b' } });
    expect(await endpoint.post(path, report, { headers: { 'x-api-key': 'key-a' } })).toMatchObject({ status: 401 });
  });

  it('shows each account its own clusters only', async () => {
    const endpoint = start();
    await endpoint.post(path, postureReport(), { headers: { 'x-api-key': 'key-a' } });
    const names = async (headers: Record<string, string>) =>
      (await endpoint.get('/api/clusters', headers)).text.includes('minikube');
    expect([await names({ 'x-api-key': 'key-a' }), await names({ 'x-api-key': 'key:b' })]).toEqual([true, false]);
    expect(await endpoint.get('/api/clusters/minikube/summary', { 'x-api-key': 'key:b' })).toMatchObject({
      status: 404,
    });
  });

  it('lets people in by user and password, and asks browsers for them', async () => {
    const endpoint = start();
    const refused = await endpoint.get('/api/clusters');
    expect([refused.status, refused.headers['www-authenticate']]).toEqual([
      401,
      'Basic realm="cloud-endpoint", charset="UTF-8"',
    ]);
    expect(await endpoint.get('/api/clusters', basic('b', 'key:b'))).toMatchObject({ status: 200 });
    expect(await endpoint.get('/api/clusters', basic('a', 'key:b'))).toMatchObject({ status: 401 });
  });

  it('tells the same key in two accounts apart by the account', async () => {
    const endpoint = startTestEndpoint({
      accounts: [
        { id: 'a', accessKey: 'same' },
        { id: 'b', accessKey: 'same' },
      ],
    });
    onTestFinished(() => endpoint.stop());
    await endpoint.post(`${path}?customerGUID=b`, postureReport(), { headers: { 'x-api-key': 'same' } });
    expect((await endpoint.get('/api/clusters?customerGUID=a', { 'x-api-key': 'same' })).text).not.toContain(
      'minikube',
    );
  });
});
