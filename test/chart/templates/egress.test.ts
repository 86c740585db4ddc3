import { missingPrograms } from '@kso/testkit/programs';
import { describe, expect, it } from 'vitest';
import { edges, on, policiesOf } from './policies.ts';
import { configOf, render, valuesFile } from './rendered.ts';

interface Case {
  readonly global?: object;
  readonly [key: string]: unknown;
}

/** `component → peer:port` of what goes out, with policies on. */
const outsideOf = (values: Case) =>
  edges(render({ ...values, global: { ...values.global, networkPolicy: on } })).outside;

/** Ports on which a component reaches addresses outside of the cluster. */
const portsOf = (component: string, values: Case) =>
  outsideOf(values)
    .filter((edge) => edge.startsWith(`${component} → 0.0.0.0/0:`))
    .map((edge) => Number(edge.split(':').at(-1)));

/** A rule without peers reads as one to the API server. */
const anywhere = (component: string, port: number) => `${component} → apiserver:${port}`;

const backend = { server: 'https://x.example.com:8443', account: 'a', accessKey: 'k', clusterName: 'c' };

describe.skipIf(missingPrograms('helm') !== undefined)('what goes out follows the addresses in the values', () => {
  it('a Redis of the user is reached on its port by those that use the queue', () => {
    const outside = outsideOf({ redis: { external: { address: 'my-redis:6380' } }, kubevulnWorker: { enabled: true } });
    const users = outside.filter((edge) => edge.endsWith(':6380')).toSorted();
    expect(users).toEqual(['kubescape', 'kubevuln', 'kubevuln-worker', 'operator'].map((name) => anywhere(name, 6380)));
    expect(outsideOf({}).filter((edge) => edge.endsWith(':6380'))).toEqual([]);
  });

  it('a proxy without a known address is reached by the port of its URL', () => {
    const outside = outsideOf({
      global: { httpsProxy: 'http://p.example.com:3128', httpProxy: 'http://q.example.com:3129' },
    });
    for (const name of ['operator', 'kubevuln', 'gateway'])
      expect(outside).toEqual(expect.arrayContaining([anywhere(name, 3128), anywhere(name, 3129)]));
    expect(outside).not.toContain(anywhere('redis', 3128));
  });

  it('a backend is reached on the ports of all its addresses', () => {
    expect(portsOf('operator', backend)).toEqual([443, 8443]);
    const given = {
      ...backend,
      gatewayUrl: 'wss://g.example.com:8444/v1',
      k8sReportUrl: 'ws://r.example.com',
      kubescape: { urls: { report: 'https://e.example.com:8445/k8s' } },
      serviceDiscovery: { services: { response: { 'api-server': 'a.example.com:8446' } } },
    };
    for (const name of ['operator', 'gateway', 'kubescape', 'kollector', 'kubevuln'])
      expect({ name, ports: portsOf(name, given).toSorted((a, b) => a - b) }).toEqual({
        name,
        ports: [80, 443, 8443, 8444, 8445, 8446],
      });
  });

  it('offline the addresses of a backend open nothing', () => {
    expect(portsOf('operator', { ...backend, capabilities: { kubescapeOffline: 'enable' } })).toEqual([]);
  });

  it('scanners of images reach the registries and mirrors that the values name, and nobody else does', () => {
    const registries = {
      global: { imageRegistry: 'r.example.com:5000/mirror' },
      kubevuln: {
        config: {
          grypeDbListingURL: 'http://m.example.com:8080/x',
          proxyRegistryMap: { 'docker.io': 'm.example.com:5001' },
        },
      },
      imageScanning: {
        privateRegistries: {
          credentials: [{ registry: 'r.example.com:5002' }, { registry: 'r', insecure: true }, { registry: 's' }],
        },
      },
    };
    expect(portsOf('kubevuln', registries)).toEqual([443, 5000, 8080, 5001, 5002, 80]);
    const workers = { ...registries, kubevulnWorker: { enabled: true } };
    expect(portsOf('kubevuln-worker', workers)).toEqual(portsOf('kubevuln', registries));
    expect(portsOf('operator', registries)).toEqual([]);
    expect(portsOf('suite', { ...registries, profile: 'compact' })).toEqual(portsOf('kubevuln', registries));
    const mirror = { kubevuln: { config: { grypeDbListingURL: 'http://m.example.com/x' } } };
    expect(portsOf('kubevuln', mirror)).toEqual([443, 80]);
  });

  it('inventories are sent to the port of their receiver', () => {
    const inventory = { enabled: true, anchore: { url: 'http://anchore.example.com:8228' }, existingSecret: 's' };
    expect(portsOf('inventory', { inventory })).toEqual([443, 8228]);
  });

  it.each([
    ['http://h:9999/v1', [9999]],
    ['https://h/v1', [443]],
    ['http://h', [80]],
    ['h:4318', [4318]],
    // The port of gRPC: our services post to the one of HTTP beside it.
    ['h:4317', [4317, 4318]],
    ['https://[fd00::1]:9999/v1', [9999]],
    ['no address: a%zz b', [80]],
  ])('telemetry to %s', (otelUrl, ports) => {
    const outside = outsideOf({ configurations: { otelUrl } }).filter((edge) => edge.startsWith('cloud-endpoint'));
    expect(outside.filter((edge) => !edge.includes('dns'))).toEqual(
      ports.map((port) => anywhere('cloud-endpoint', port)),
    );
  });

  it('a collector goes to the ports of both receivers', () => {
    const outside = outsideOf({
      ...backend,
      ksCloudOtelCollector: 'o.example.com:4317',
      configurations: { otelUrl: 'h:9999' },
    });
    expect(outside).toContain(anywhere('otel-collector', 9999));
    expect(outside).toContain('otel-collector → 0.0.0.0/0:4317');
    expect(outside.filter((edge) => edge.startsWith('operator') && edge.endsWith(':4317'))).toEqual([]);
  });

  it('the metadata services of AWS, Google and Azure are open when a cloud is configured, and only then', () => {
    const metadata = (values: Case) => outsideOf(values).filter((edge) => /169\.254\.1|fd00:ec2/.test(edge));
    expect(metadata({})).toEqual([]);
    expect(metadata(backend)).toEqual([]);
    const open = metadata({ cloudProviderMetadata: { cloudRegion: 'eu' } });
    for (const to of ['169.254.169.254/32:80', '169.254.170.23/32:80', 'fd00:ec2::23/128:80', '169.254.169.252/32:988'])
      expect(open).toEqual(expect.arrayContaining([`kubevuln → ${to}`, `kollector → ${to}`]));
  });

  it('the rule for the outside never holds link-local addresses', () => {
    const peers = policiesOf(render({ ...backend, global: { networkPolicy: on } }))
      .flatMap(({ egress = [] }) => egress.flatMap(({ to = [] }) => to))
      .flatMap(({ ipBlock }) => (ipBlock === undefined ? [] : [ipBlock]));
    expect(peers.length).toBeGreaterThan(5);
    for (const peer of peers)
      expect([
        { cidr: '0.0.0.0/0', except: ['169.254.0.0/16'] },
        { cidr: '::/0', except: ['fd00:ec2::/32'] },
      ]).toContainEqual(peer);
  });

  it('the values for OpenShift know its DNS', () => {
    const objects = render({ global: { networkPolicy: on } }, { files: [valuesFile('openshift')] });
    for (const { egress = [] } of policiesOf(objects))
      expect(egress[0]).toEqual({
        to: [
          {
            namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'openshift-dns' } },
            podSelector: { matchLabels: { 'dns.operator.openshift.io/daemonset-dns': 'default' } },
          },
        ],
        ports: [
          { protocol: 'UDP', port: 5353 },
          { protocol: 'TCP', port: 5353 },
        ],
      });
  });
});

describe.skipIf(missingPrograms('helm') !== undefined)('metrics behind policies', () => {
  const warned = (values: object) =>
    String(configOf(render(values), 'ks-capabilities', 'capabilities')['capabilityWarnings']).includes('metricsFrom');
  const monitored = { operator: { serviceMonitor: { enabled: true } } };
  const enabled = { networkPolicy: { enabled: true } };

  it.each([
    ['a ServiceMonitor', { ...monitored, global: enabled }, true],
    ['annotations', { configurations: { prometheusAnnotations: 'enable' }, global: enabled }, true],
    ['policies alone', { global: enabled }, false],
    ['a ServiceMonitor without policies', monitored, false],
    [
      'scrapers that are named',
      { ...monitored, global: { networkPolicy: { enabled: true, metricsFrom: [{ namespaceSelector: {} }] } } },
      false,
    ],
  ])('%s: a warning when nobody may scrape them', (_name, values, expected) => {
    expect(warned(values)).toBe(expected);
  });
});
