import { createMetrics, readOutgoing, systemClock } from '@kso/kit';
import { createRegistryClient, type RegistryCredential } from '@kso/registry';
import { type FakeRegistryOptions, startFakeRegistry } from '@kso/registry/testing';
import { createMemoryStore } from '@kso/store';
import { buildImage } from '@kso/testkit/images';
import { ImageScanJob } from '@kso/wire';
import { afterEach, describe, expect, it, onTestFinished } from 'vitest';
import { nothingFound } from './credentials/port.ts';
import { createScanMetrics } from './metrics.ts';
import { createImageLocator } from './scanning/locate-image.ts';
import { createResolutionTally } from './scanning/resolution-tally.ts';
import { countCloudLogins } from './source-metrics.ts';
import { startKubevuln, stopAllKubevulns, windows } from './testing/start-kubevuln.ts';

afterEach(stopAllKubevulns);

it('has the metrics of kubevuln.md 13.1, with their types and labels', async () => {
  const metrics = createMetrics();
  createScanMetrics(metrics).queueDepth(() => Promise.resolve(0));
  countCloudLogins(metrics);
  const own = (await metrics.registry.getMetricsAsJSON()).map(({ name, type }) => `${type} ${name}`);
  const labelsOf = (name: string): unknown => Reflect.get(metrics.registry.getSingleMetric(name) ?? {}, 'labelNames');
  const specified: readonly (readonly [type: string, name: string, labels: readonly string[]])[] = [
    ['counter', 'kubevuln_scans_completed_total', ['endpoint', 'outcome', 'reason']],
    ['histogram', 'kubevuln_scan_duration_seconds', ['endpoint', 'outcome', 'reason']],
    ['counter', 'kubevuln_scan_rejections_total', ['endpoint', 'reason']],
    ['gauge', 'kubevuln_worker_pool_queue_depth', []],
    ['counter', 'kubevuln_exceptions_degraded_total', []],
    ['counter', 'kubevuln_exceptions_matched_total', ['sourceKind']],
    ['counter', 'kubevuln_exceptions_expired_total', ['sourceKind']],
    ['gauge', 'kubevuln_exceptions_active', []],
    ['counter', 'kubevuln_scan_fallbacks_total', ['component', 'category', 'strategy', 'outcome']],
    ['counter', 'kubevuln_scan_source_resolution_total', ['component', 'outcome']],
    ['counter', 'kubevuln_registry_auth_cache_total', ['strategy', 'outcome']],
    ['counter', 'kubevuln_singleflight_hits_total', ['target']],
    ['counter', 'kubevuln_retry_attempts_total', ['operation', 'outcome']],
    ['counter', 'kubevuln_temp_dir_sweep_removed_total', ['component']],
    ['gauge', 'kubevuln_db_built_timestamp_seconds', []],
    ['counter', 'kubevuln_db_update_failures_total', []],
  ];
  expect(own).toEqual(expect.arrayContaining(specified.map(([type, name]) => `${type} ${name}`)));
  for (const [, name, labels] of specified) expect([name, labelsOf(name)]).toEqual([name, labels]);
});

describe('looking for an image counts', () => {
  async function locate(options: FakeRegistryOptions, given: { logins?: readonly string[]; hash?: string } = {}) {
    const registry = await startFakeRegistry(options);
    onTestFinished(() => registry.stop());
    registry.push('app', '1', buildImage({ layers: [] }));
    const client = createRegistryClient({ outgoing: readOutgoing({}), clock: systemClock });
    onTestFinished(() => client.close());
    const metrics = createMetrics();
    const credentials = (given.logins ?? []).map(
      (password): RegistryCredential => ({
        username: 'robot',
        password,
        authority: { host: registry.host, path: '' },
      }),
    );
    const locator = createImageLocator({
      registry: client,
      results: createMemoryStore().results,
      clock: { now: () => 0, sleep: () => Promise.resolve() },
      credentials: {
        find: () => Promise.resolve({ ...nothingFound, credentials }),
        findAtCloud: () => Promise.resolve(nothingFound),
      },
      metrics: createScanMetrics(metrics).source,
      defaultPlatform: 'linux/amd64',
    });
    await locator.locate({
      job: ImageScanJob.parse({ imageTag: `${registry.host}/app:1`, imageHash: given.hash ?? '' }),
      credentials: [],
      signal: AbortSignal.timeout(30_000),
      remainingMs: () => 60_000,
    });
    const text = await metrics.registry.metrics();
    return text
      .split('\n')
      .filter((line) => /^kubevuln_(scan_fallbacks|scan_source_resolution|retry_attempts)_total\{/.test(line))
      .map((line) => line.replace('kubevuln_', '').replace('component="in_process",', ''));
  }

  const login = { scheme: 'basic', username: 'robot', password: 'right' } as const;
  const limited = (times: number): FakeRegistryOptions => ({
    intercept: (_request, response) => {
      times -= 1;
      if (times < 0) return undefined;
      response.writeHead(429).end();
      return 'answered';
    },
  });

  const onlyNobody: FakeRegistryOptions = {
    login: { ...login, scheme: 'bearer' },
    anonymousTokens: true,
    intercept: ({ headers, url }, response) => {
      if (headers.authorization === undefined || url?.startsWith('/token') !== true) return undefined;
      response.writeHead(401).end();
      return 'answered';
    },
  };

  it.each([
    ['what was found at once', {}, {}, ['scan_source_resolution_total{outcome="first_pass_success"} 1']],
    [
      'a second login of those that are known as no fallback',
      { login },
      { logins: ['wrong', 'right'] },
      ['scan_source_resolution_total{outcome="first_pass_success"} 1'],
    ],
    [
      'a public image behind a wrong login',
      onlyNobody,
      { logins: ['wrong'] },
      [
        'scan_fallbacks_total{category="registry_auth",strategy="anonymous",outcome="succeeded"} 1',
        'scan_source_resolution_total{outcome="fallback_assisted_success"} 1',
      ],
    ],
    [
      'nobody let in',
      { login },
      { logins: ['wrong'] },
      [
        'scan_fallbacks_total{category="registry_auth",strategy="anonymous",outcome="failed"} 1',
        'scan_source_resolution_total{outcome="fallback_failed"} 1',
      ],
    ],
    ['nobody known', { login }, {}, ['scan_source_resolution_total{outcome="first_pass_failure"} 1']],
    [
      'a tag in place of a digest that is gone',
      {},
      { hash: `sha256:${'0'.repeat(64)}` },
      ['scan_source_resolution_total{outcome="fallback_assisted_success"} 1'],
    ],
    [
      'another try',
      limited(1),
      {},
      [
        'scan_source_resolution_total{outcome="first_pass_success"} 1',
        'retry_attempts_total{operation="source_resolution",outcome="attempt"} 1',
        'retry_attempts_total{operation="source_resolution",outcome="success"} 1',
      ],
    ],
    [
      'three tries in vain',
      limited(99),
      {},
      [
        'scan_source_resolution_total{outcome="first_pass_failure"} 1',
        'retry_attempts_total{operation="source_resolution",outcome="attempt"} 2',
        'retry_attempts_total{operation="source_resolution",outcome="exhausted"} 1',
      ],
    ],
  ] as const)('%s', async (_what, registry, given, counted) => {
    expect(await locate(registry, given)).toEqual(counted);
  });

  it.each([
    ['123456789012.dkr.ecr.eu-west-1.amazonaws.com', 'ecr'],
    ['europe-docker.pkg.dev', 'gcp_adc'],
    ['shop.azurecr.io', 'acr'],
  ])('the identity at the cloud of %s as %s', async (registry, strategy) => {
    const metrics = createMetrics();
    const tally = createResolutionTally(createScanMetrics(metrics).source);
    tally.begin();
    tally.attempted(registry, { login: 'fallback', outcome: 'resolved' });
    tally.end('resolved');
    const labels = `category="registry_auth",strategy="${strategy}",outcome="succeeded"`;
    const text = await metrics.registry.metrics();
    expect(text).toContain(`kubevuln_scan_fallbacks_total{component="in_process",${labels}} 1`);
    expect(text).toContain('{component="in_process",outcome="fallback_assisted_success"} 1');
  });
});

it('scans that end in a class of their own are counted as such', async () => {
  const { service, registry, scan } = await startKubevuln({
    sbom: () => ({ outcome: 'imageTooLarge', limitBytes: 5 }),
  });
  await scan({});
  await scan({ imageTag: `${registry.host}/win:1`, imageHash: windows.descriptor.digest });
  const { body } = await service.app.inject('/metrics');
  const line = (category: string, strategy: string) =>
    `kubevuln_scan_fallbacks_total{component="in_process",category="${category}",strategy="${strategy}",outcome="classified"} 1`;
  expect(body).toContain(line('size_classification', 'image_too_large'));
  expect(body).toContain(line('platform', 'platform_mismatch'));
});
