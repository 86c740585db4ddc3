import { describe, expect, it, onTestFinished } from 'vitest';
import { startTestEndpoint } from '../testing/endpoint.ts';

const day = 86_400_000;
const first = Date.parse('2026-06-01T12:00:00Z');
const v2 = '/v2/kubernetes-inventory';
const digest = `sha256:${'a'.repeat(64)}`;

function start(config: object = {}) {
  const endpoint = startTestEndpoint(config);
  onTestFinished(() => endpoint.stop());
  return endpoint;
}
type Endpoint = ReturnType<typeof start>;

/** One container of each image, `namespace/image@node`. */
function report(at: number, images: readonly string[], more: object = {}) {
  const parts = images.map((text, index) => {
    const [, namespace = '', image = '', node = ''] = /^([^/]+)\/(.+)@(.+)$/.exec(text) ?? [];
    return { namespace, image, node, pod: `pod-${index}` };
  });
  const distinct = (names: readonly string[]) => [...new Set(names)].map((name) => ({ name, uid: `uid-${name}` }));
  return {
    cluster_name: 'prod-1',
    timestamp: new Date(at).toISOString(),
    containers: parts.map(({ image, pod }) => ({
      id: `x://${pod}`,
      image_tag: image,
      image_digest: digest,
      name: 'c',
      pod_uid: pod,
    })),
    namespaces: distinct(parts.map(({ namespace }) => namespace)),
    nodes: distinct(parts.map(({ node }) => node)),
    pods: parts.map(({ namespace, node, pod }) => ({
      uid: pod,
      name: pod,
      namespace_uid: `uid-${namespace}`,
      node_uid: `uid-${node}`,
    })),
    serverVersionMetadata: {},
    ...more,
  };
}

async function post(endpoint: Endpoint, body: object, headers: Record<string, string> = {}, path = v2) {
  return endpoint.post(path, body, { headers });
}
async function inUse(endpoint: Endpoint, at: number, query = '') {
  endpoint.setTime(new Date(at).toISOString());
  const { text } = await endpoint.get(`/api/clusters/prod-1/inventory?${query}`);
  return (JSON.parse(text) as { items: { namespace: string; image: string }[] }).items.map(
    ({ namespace, image }) => `${namespace}/${image}`,
  );
}

describe('images in use (acceptance 15)', () => {
  it('are those that were reported within 120 days, to the second', async () => {
    const endpoint = start();
    endpoint.setTime(new Date(first).toISOString());
    await post(endpoint, report(first, ['shop/nginx:1@n1', 'shop/redis:7@n1']));
    await post(endpoint, report(first + 1000, ['shop/nginx:1@n1']));
    expect(await inUse(endpoint, first + 120 * day)).toEqual(['shop/nginx:1', 'shop/redis:7']);
    expect(await inUse(endpoint, first + 120 * day + 1)).toEqual(['shop/nginx:1']);
    expect(await inUse(endpoint, first + 120 * day + 1001)).toEqual([]);
  });

  it('with −1 (and 0) are those of the newest report, all its parts', async () => {
    for (const imageTtlDays of [-1, 0]) {
      const endpoint = start({ inventory: { imageTtlDays } });
      endpoint.setTime(new Date(first).toISOString());
      await post(endpoint, report(first, ['a/one:1@n1', 'b/two:1@n1']));
      await post(endpoint, report(first + 1000, ['a/one:2@n1']));
      await post(endpoint, report(first + 1000, ['b/two:2@n1']));
      expect(await inUse(endpoint, first)).toEqual(['a/one:2', 'b/two:2']);
      // A late one is older than what is known.
      await post(endpoint, report(first - 1000, ['c/late:1@n1']));
      expect(await inUse(endpoint, first)).toEqual(['a/one:2', 'b/two:2']);
      await post(endpoint, report(first + 2000, []));
      expect(await inUse(endpoint, first)).toEqual([]);
    }
  });

  it('a report that could not be complete does not empty the view', async () => {
    const endpoint = start({ inventory: { imageTtlDays: -1 } });
    endpoint.setTime(new Date(first).toISOString());
    await post(endpoint, report(first, ['a/one:1@n1', 'b/two:1@n1', 'c/three:1@n1']));
    const errors = [
      { kind: 'pods', namespace: 'b', reason: 'not permitted', detail: '403' },
      { kind: 'namespaces', namespace: 'c', reason: 'vanished', detail: '' },
    ];
    await post(endpoint, report(first + 1000, ['a/one:1@n1'], { errors }));
    expect(await inUse(endpoint, first)).toEqual(['a/one:1', 'b/two:1']);
    expect(JSON.parse((await endpoint.get('/api/clusters/prod-1/inventory')).text)).toMatchObject({ gaps: errors });
    // And again, until it can be read.
    await post(endpoint, report(first + 2000, ['a/one:1@n1'], { errors }));
    expect(await inUse(endpoint, first)).toEqual(['a/one:1', 'b/two:1']);
    await post(endpoint, report(first + 3000, ['a/one:1@n1']));
    expect(await inUse(endpoint, first)).toEqual(['a/one:1']);
  });

  it('rejects other numbers of days', () => {
    for (const imageTtlDays of [-2, 1.5]) expect(() => start({ inventory: { imageTtlDays } })).toThrow('imageTtlDays');
  });
});

describe('lists', () => {
  it('by namespace, node and text, in pages', async () => {
    const endpoint = start();
    endpoint.setTime(new Date(first).toISOString());
    await post(endpoint, report(first, ['a/one:1@n1', 'a/one:1@n1', 'a/one:1@n2', 'b/two:1@n2']));
    const read = async (query: string) =>
      JSON.parse((await endpoint.get(`/api/clusters/prod-1/inventory?${query}`)).text) as {
        items: object[];
        next?: string;
      };
    expect((await read('namespace=a')).items).toEqual([
      {
        namespace: 'a',
        image: 'one:1',
        digest,
        inventoryType: 'kubernetes',
        containers: 3,
        nodes: [
          { name: 'n1', containers: 2 },
          { name: 'n2', containers: 1 },
        ],
        firstSeen: '2026-06-01T12:00:00.000Z',
        lastSeen: '2026-06-01T12:00:00.000Z',
      },
    ]);
    expect((await read('node=n2')).items).toHaveLength(2);
    expect((await read('text=tw')).items).toHaveLength(1);
    const page = await read('limit=1');
    expect(await read(`limit=1&after=${page.next ?? ''}`)).toMatchObject({ items: [{ image: 'two:1' }] });
    expect(await endpoint.get('/api/clusters/prod-1/inventory?limit=0')).toMatchObject({ status: 400 });
  });

  it('KAI’s document is taken, and given back as Anchore lists images', async () => {
    const endpoint = start();
    endpoint.setTime(new Date(first).toISOString());
    const kai = {
      timestamp: '2026-06-01T12:00:00Z',
      results: [
        {
          namespace: 'default',
          images: [
            { tag: 'nginx:1', repoDigest: digest },
            { tag: 'old:1', repoDigest: '' },
          ],
        },
      ],
      cluster_name: 'eks-prod',
      inventory_type: 'kubernetes',
    };
    expect(await post(endpoint, kai, {}, '/v1/enterprise/inventories')).toMatchObject({ status: 200, body: '{}' });
    const row = { context: 'eks-prod/default', inventory_type: 'kubernetes', last_seen: '2026-06-01T12:00:00.000Z' };
    expect(JSON.parse((await endpoint.get('/v1/enterprise/inventories')).text)).toEqual([
      { ...row, image_tag: 'nginx:1', image_digest: digest },
      { ...row, image_tag: 'old:1', image_digest: 'unknown' },
    ]);
  });

  it('refuses what is no inventory', async () => {
    expect(await post(start(), { cluster_name: '' })).toMatchObject({ status: 400 });
  });
});

describe('accounts', () => {
  const accounts = [
    { id: 'acme', accessKey: 'key-a' },
    { id: 'other', accessKey: 'key-b' },
  ];
  const basic = (user: string, key: string) => ({
    authorization: `Basic ${Buffer.from(`${user}:${key}`).toString('base64')}`,
  });

  it('are asked for as users; nobody writes to or sees another’s', async () => {
    const endpoint = start({ accounts });
    endpoint.setTime(new Date(first).toISOString());
    const body = report(first, ['a/one:1@n1']);
    expect(await post(endpoint, body)).toMatchObject({ status: 401 });
    expect(await post(endpoint, body, { ...basic('acme', 'key-a'), 'x-anchore-account': 'admin' })).toMatchObject({
      status: 200,
    });
    expect(await post(endpoint, body, { ...basic('acme', 'key-a'), 'x-anchore-account': 'other' })).toMatchObject({
      status: 403,
      body: expect.stringContaining('User account not found'),
    });
    const seen = async (user: string, key: string) =>
      (JSON.parse((await endpoint.get('/v1/enterprise/inventories', basic(user, key))).text) as unknown[]).length;
    expect([await seen('acme', 'key-a'), await seen('other', 'key-b')]).toEqual([1, 0]);
    expect(await endpoint.post('/k8s/sysreport', {}, { headers: basic('acme', 'key-a') })).toMatchObject({
      status: 401,
    });
  });

  it('keep reports apart where none is configured', async () => {
    const endpoint = start({ inventory: { imageTtlDays: -1 } });
    endpoint.setTime(new Date(first).toISOString());
    await post(endpoint, report(first, ['a/one:1@n1']), { 'x-anchore-account': 'red' });
    await post(endpoint, report(first + 1000, ['b/two:1@n1']), { 'x-anchore-account': 'blue' });
    expect(await inUse(endpoint, first)).toEqual(['a/one:1', 'b/two:1']);
    const { text } = await endpoint.get('/v1/enterprise/inventories', { 'x-anchore-account': 'red' });
    expect(JSON.parse(text)).toMatchObject([{ image_tag: 'one:1' }]);
  });
});

it('collectors register, keep their id, and report their health', async () => {
  const endpoint = start();
  expect(JSON.parse((await endpoint.get('/version')).text)).toMatchObject({ api: { version: '2' } });
  const body = {
    registration_id: 'r',
    registration_instance_id: 'i',
    type: 'k8s_inventory_agent',
    name: 'inventory',
    version: '1',
    cluster_name: 'prod-1',
  };
  const register = async () => (await endpoint.post('/v2/system/integrations/registration', body)).body;
  const answer = JSON.parse(await register()) as { uuid: string };
  expect(answer).toMatchObject({ ...body, integration_status: { state: 'REGISTERED' } });
  expect(JSON.parse(await register())).toMatchObject({ uuid: answer.uuid });
  const health = { uuid: 'h', protocol_version: 1, timestamp: '2026-11-30T12:00:00Z', health_data: { errors: ['x'] } };
  await endpoint.post(`/v2/system/integrations/${answer.uuid}/health-report`, health);
  expect(JSON.parse((await endpoint.get('/api/inventory/agents')).text)).toMatchObject({
    items: [{ uuid: answer.uuid, cluster: 'prod-1', health: { health_data: { errors: ['x'] } } }],
  });
  const huge = { ...body, description: 'x'.repeat(300_000) };
  expect(await endpoint.post('/v2/system/integrations/registration', huge)).toMatchObject({ status: 400 });
});
