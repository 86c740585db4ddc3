import { readFileSync } from 'node:fs';
import path from 'node:path';
import { missingPrograms } from '@kso/testkit/programs';
import { describe, expect, it } from 'vitest';
import { component, edges, nameOf, on, policiesOf } from './policies.ts';
import { render, workloads } from './rendered.ts';
import { variants } from './variants.ts';

/** With policies on, and no scrapers: those are of other namespaces. */
const merged = (values: { global?: object } = {}) => ({ ...values, global: { ...values.global, networkPolicy: on } });

/** The first table of docs/reference/chart-network.md: the edges of a default release. */
const page = readFileSync(path.resolve(import.meta.dirname, '../../../docs/reference/chart-network.md'), 'utf8');
const [firstTable = ''] = page.split('With more parts switched on');
const standard = [...firstTable.matchAll(/^\| ([a-z-]+) \| ([a-z-]+) \| (\d+) \|/gm)].map(
  ([, from, to, port]) => `${from} → ${to}:${port}`,
);

describe.skipIf(missingPrograms('helm') !== undefined)('24.10 NetworkPolicies (chart.md 14)', () => {
  it('none unless asked for; ingress only unless egress is asked for too', () => {
    expect(policiesOf(render())).toEqual([]);
    const types = policiesOf(render({ global: { networkPolicy: { enabled: true } } })).map(
      ({ policyTypes }) => policyTypes,
    );
    expect(new Set(types.flat())).toEqual(new Set(['Ingress']));
  });

  it('the edges between components are exactly the needed ones, seen from both sides', () => {
    const { received, inside } = edges(render({ global: { networkPolicy: on } }));
    expect(received).toEqual(standard.toSorted());
    expect(inside).toEqual(received);
  });

  it('compact: everything ends at the one pod', () => {
    const { received, inside } = edges(render({ profile: 'compact', global: { networkPolicy: on } }));
    expect(received).toEqual(
      [
        ...['kubescape', 'kubevuln', 'registry'].map((name) => `${name}-scheduler → suite:4002`),
        'helm-test → suite:8000',
        'helm-test → suite:8001',
      ].toSorted(),
    );
    expect(inside).toEqual(received);
  });

  it('with an offline database and a collector both are reached', () => {
    const values = {
      global: { networkPolicy: on },
      grypeOfflineDB: { enabled: true },
      otelCollector: { enabled: true },
      configurations: { otelUrl: 'o:4317' },
    };
    const { received, inside } = edges(render(values));
    expect(received).toContain('kubevuln → grype-offline-db:8080');
    for (const from of ['operator', 'gateway', 'kubescape', 'kubevuln', 'kollector', 'cloud-endpoint'])
      expect(received).toContain(`${from} → otel-collector:4317`);
    expect(inside).toEqual(received);
  });

  it.each(Object.keys(variants))('both sides agree with everything that may be switched on: %s', (name) => {
    const given = variants[name] ?? {};
    const objects = render(merged(given.values as object), given);
    const { received, inside } = edges(objects);
    expect(received.filter((edge) => !edge.startsWith('dns'))).toEqual(inside);
  });

  it('with a backend those that talk to it go out, and nobody else; a collector then stands between them and the telemetry', () => {
    const backend = { server: 's', account: 'a', accessKey: 'k', clusterName: 'c', ksCloudOtelCollector: 'o:443' };
    const outside = (values: object) =>
      edges(render({ ...values, global: { networkPolicy: on } }))
        .outside.filter((edge) => edge.endsWith(' → 0.0.0.0/0:443'))
        .map((edge) => edge.split(' ')[0] ?? '')
        .toSorted();
    expect(outside(backend)).toEqual(['gateway', 'kollector', 'kubescape', 'kubevuln', 'operator', 'otel-collector']);
    expect(outside({})).toEqual(['kubevuln']);
    expect(outside({ ...backend, profile: 'compact' })).toContain('suite');
    expect(outside({ ...backend, capabilities: { kubescapeOffline: 'enable' } })).toEqual(['kubevuln']);
  });

  it('scans by HTTP need an edge to each scanner', () => {
    const { received, inside } = edges(
      render({ operator: { dispatch: { mode: 'http' } }, global: { networkPolicy: on } }),
    );
    expect(received).toEqual(expect.arrayContaining(['operator → kubescape:8080', 'operator → kubevuln:8080']));
    expect(inside).toEqual(received);
  });

  it('DNS for every pod by UDP and TCP, the API server for those that call it, the internet for the scanner of images', () => {
    const objects = render({
      global: { networkPolicy: { ...on, apiServerIP: '10.0.0.1', apiServerCIDRs: ['fd00::1/128'] } },
    });
    const { outside } = edges(objects);
    for (const { egress = [] } of policiesOf(objects)) {
      const dns = egress.find(({ to = [] }) => to.some((peer) => nameOf(peer) === 'dns'));
      expect(dns?.ports).toEqual([
        { protocol: 'UDP', port: 53 },
        { protocol: 'TCP', port: 53 },
      ]);
    }
    const callers = (peer: string) =>
      outside
        .filter((edge) => edge.includes(` → ${peer}`))
        .map((edge) => edge.split(' ')[0] ?? '')
        .toSorted();
    expect(callers('10.0.0.1/32:443')).toEqual([
      'gateway',
      'kollector',
      'kubescape',
      'kubevuln',
      'make-secrets',
      'operator',
    ]);
    expect(callers('10.0.0.1/32:6443')).toEqual(callers('fd00::1/128:443'));
    expect(callers('0.0.0.0/0:443')).toEqual(['kubevuln']);
    expect(outside.filter((edge) => edge.includes('169.254.169.254'))).toEqual([]);
  });

  it('without known addresses the API server is reached by its ports', () => {
    const { outside } = edges(render({ global: { networkPolicy: on } }));
    expect(outside).toEqual(expect.arrayContaining(['operator → apiserver:443', 'operator → apiserver:6443']));
  });

  it('the proxy, further rules and peers that scrape are added', () => {
    const scraper = { namespaceSelector: { matchLabels: { team: 'monitoring' } } };
    const more = { to: [{ ipBlock: { cidr: '192.0.2.0/24' } }], ports: [{ protocol: 'TCP', port: 5000 }] };
    const policy = {
      ...on,
      httpsProxyIP: '10.9.9.9',
      httpsProxyPort: 3128,
      metricsFrom: [scraper],
      extraEgress: { kubevuln: [more] },
    };
    const objects = render({ global: { networkPolicy: policy } });
    const { outside } = edges(objects);
    expect(outside).toEqual(expect.arrayContaining(['kubevuln → 10.9.9.9/32:3128', 'kubevuln → 192.0.2.0/24:5000']));
    expect(outside).not.toContain('redis → 10.9.9.9/32:3128');
    const scraped = policiesOf(objects).filter(({ ingress = [] }) =>
      ingress.some(({ from = [] }) => JSON.stringify(from) === JSON.stringify([scraper])),
    );
    expect(scraped.map(({ podSelector }) => podSelector.matchLabels[component] ?? '').toSorted()).toEqual([
      'cloud-endpoint',
      'gateway',
      'kollector',
      'kubescape',
      'kubevuln',
      'operator',
    ]);
  });

  it('every pod is selected by exactly one policy', () => {
    for (const values of [{}, { profile: 'compact' }, { grypeOfflineDB: { enabled: true } }]) {
      const objects = render({ ...values, global: { networkPolicy: on } });
      for (const { pod, component: name } of workloads(objects)) {
        const matching = policiesOf(objects).filter(({ podSelector }) =>
          Object.entries(podSelector.matchLabels).every(([key, value]) => pod.metadata.labels[key] === value),
        );
        expect({ name, policies: matching.length }).toEqual({ name, policies: 1 });
      }
    }
  });

  it('a policy allows ports that its pods listen on', () => {
    const objects = render({ global: { networkPolicy: on } });
    const listening = new Set(
      workloads(objects).flatMap(
        ({ component: name, pod }) =>
          pod.spec.containers[0].ports?.map(({ containerPort }) => `${name}:${containerPort}`) ?? [],
      ),
    );
    for (const edge of edges(objects).received) expect(listening).toContain(edge.split(' → ')[1]);
  });
});
