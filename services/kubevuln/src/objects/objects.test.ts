import { afterEach, describe, expect, it } from 'vitest';
import type { ExceptionDocument } from '../exceptions/sources.ts';
import { cart, startKubevuln, stopAllKubevulns } from '../testing/start-kubevuln.ts';
import { nextVexDocument } from './openvex.ts';

afterEach(stopAllKubevulns);

const match = (id: string, name: string) => ({
  vulnerability: {
    id,
    severity: 'High',
    dataSource: `https://example.com/${id}`,
    fix: { state: 'fixed', versions: ['9'] },
  },
  artifact: { name, version: '1', type: 'python', purl: `pkg:pypi/${name}@1` },
});
const matches = { matches: [match('CVE-1', 'one'), match('CVE-2', 'two')] };

const accepted: ExceptionDocument = {
  type: 'policies',
  source: 'account',
  origin: 'the CloudEndpoint',
  value: [{ name: 'p', actions: ['ignore'], vulnerabilities: [{ name: 'CVE-2' }], reason: 'we said so' }],
};

async function scanned(value: unknown = accepted.value) {
  let document = { ...accepted, value };
  const kubevuln = await startKubevuln({
    matches,
    config: { exceptions: { refresh: '20ms' } },
    ports: { askExceptions: () => Promise.resolve(document) },
  });
  await kubevuln.scan({ instanceID: 'replicaset-cart-7-cart-1111-2222' });
  const get = async (path: string) => (await kubevuln.service.app.inject(`/v1/objects/${path}`)).json();
  return { ...kubevuln, get, accept: (next: unknown) => (document = { ...accepted, value: next }) };
}

describe('objects of an image', () => {
  it('the manifest keeps a suppressed finding among the ignored, with the reason', async () => {
    const { get, registry } = await scanned();
    const [name] = (await get('vulnerabilitymanifests')).items;
    expect(name).toBe(`${registry.host.replace(':', '-')}-shop-cart-1-${cart.descriptor.digest.slice(-6)}`);
    const manifest = await get(`vulnerabilitymanifests/${name}`);
    expect(manifest).toMatchObject({
      apiVersion: 'spdx.softwarecomposition.kubescape.io/v1beta1',
      kind: 'VulnerabilityManifest',
      metadata: { name, namespace: 'kubescape', labels: { 'kubescape.io/context': 'non-filtered' } },
      spec: { metadata: { withRelevancy: false, tool: { name: 'grype' } } },
    });
    const { payload } = manifest.spec;
    expect(payload.matches.map((item: { vulnerability: object }) => item.vulnerability)).toMatchObject([
      { id: 'CVE-1' },
    ]);
    expect(payload.ignoredMatches).toMatchObject([
      {
        vulnerability: { id: 'CVE-2' },
        appliedIgnoreRules: [
          { vulnerability: 'CVE-2', sourceName: 'the CloudEndpoint: p', impactStatement: 'we said so' },
        ],
      },
    ]);
  });

  it('the summary counts what is left, under the name of the workload, without empty labels', async () => {
    const { get } = await scanned();
    expect((await get('vulnerabilitymanifestsummaries')).items).toEqual(['shop.deployment-cart-cart']);
    const summary = await get('vulnerabilitymanifestsummaries/shop.deployment-cart-cart');
    expect(summary.metadata).toMatchObject({ name: 'deployment-cart-cart', namespace: 'shop' });
    expect(summary.metadata.labels).toMatchObject({
      'kubescape.io/workload-api-group': 'apps',
      'kubescape.io/workload-kind': 'deployment',
    });
    expect(Object.values(summary.metadata.labels)).not.toContain('');
    expect(summary.spec.severities.high).toEqual({ all: 1, relevant: 0 });
  });

  it('B21 a scan without a workload goes by its image, with no empty labels', async () => {
    const { get, scan } = await scanned();
    await scan({ wlid: '', containerName: '' });
    const { items } = await get('vulnerabilitymanifestsummaries');
    const name = items.find((item: string) => item.startsWith('kubescape.'));
    const { metadata } = await get(`vulnerabilitymanifestsummaries/${name}`);
    expect(metadata.name).toMatch(/-shop-cart-1-[0-9a-f]{6}$/);
    expect(Object.values(metadata.labels)).not.toContain('');
  });

  it('the VEX document says what is affected and why the rest is not, and counts its versions', async () => {
    const { get, accept, records } = await scanned();
    const [name] = (await get('openvulnerabilityexchangecontainers')).items;
    const { spec } = await get(`openvulnerabilityexchangecontainers/${name}`);
    expect(spec).toMatchObject({ '@context': 'https://openvex.dev/ns/v0.2.0', version: 0 });
    expect(spec.statements).toMatchObject([
      { vulnerability: { name: 'CVE-1' }, status: 'affected', action_statement: 'Upgrade pkg:pypi/one@1 to version 9' },
      { vulnerability: { name: 'CVE-2' }, status: 'not_affected', impact_statement: 'we said so' },
    ]);
    const [upstream, ours] = spec.statements[0].products;
    const digest = encodeURIComponent(cart.descriptor.digest);
    expect(upstream['@id']).toMatch(
      new RegExp(`^pkg:oci/cart@${digest}\\?repository_url=127\\.0\\.0\\.1%3A\\d+%2Fshop$`),
    );
    expect(ours['@id']).toMatch(/%2Fshop%2Fcart$/);
    expect((await get(`openvulnerabilityexchangecontainers/${name}`)).spec).toEqual(spec);
    accept([]);
    await expect.poll(() => records()[0], { timeout: 60_000 }).toMatchObject({ findings: 2 });
    const { spec: next } = await get(`openvulnerabilityexchangecontainers/${name}`);
    expect([next.version, next.timestamp === spec.timestamp, next['@id'] === spec['@id']]).toEqual([1, true, false]);
  });

  it('of another name are not there', async () => {
    const { service } = await scanned();
    const answer = await service.app.inject('/v1/objects/vulnerabilitymanifests/none');
    expect(answer.json()).toEqual({ detail: 'name=none', status: 404, title: 'Not Found' });
  });
});

describe('the id of a VEX document', () => {
  it('does not depend on the order of statements', () => {
    const statement = (name: string) => ({
      '@id': name,
      vulnerability: { '@id': '', name, description: '', aliases: [] },
      products: [{ '@id': 'p' }],
      status: 'affected',
    });
    const [a, b] = [statement('A'), statement('B')];
    const one = nextVexDocument(undefined, [a, b], 0);
    expect(one['@id']).toBe(nextVexDocument(undefined, [b, a], 0)['@id']);
    expect(one['@id']).not.toBe(nextVexDocument(undefined, [a], 0)['@id']);
  });
});
