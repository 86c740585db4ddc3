import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { cloudEndpointConfig } from '@kso/cloud-endpoint';
import { gatewayConfig } from '@kso/gateway';
import { loadConfig } from '@kso/kit';
import { kollectorConfig } from '@kso/kollector';
import { scannerConfig } from '@kso/kubescape-scanner';
import { kubevulnConfig } from '@kso/kubevuln';
import { operatorConfig } from '@kso/operator';
import { suiteConfig } from '@kso/suite';
import { missingPrograms } from '@kso/testkit/programs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { podTemplate, render } from './rendered.ts';
import { full, variants } from './variants.ts';

type AnyDefinition = Parameters<typeof loadConfig>[0];

const definitions: Readonly<Record<string, AnyDefinition>> = {
  operator: operatorConfig,
  gateway: gatewayConfig,
  kubescape: scannerConfig,
  kubevuln: kubevulnConfig,
  kollector: kollectorConfig,
  'cloud-endpoint': cloudEndpointConfig,
  suite: suiteConfig,
};

describe.skipIf(missingPrograms('helm') !== undefined)('the environment of a pod is what its service reads', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'kso-environment-'));
    for (const name of ['password', 'accessKey']) writeFileSync(path.join(folder, name), 'secret');
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  /** As the container would have it: values of Secrets are filled in, files of mounted Secrets are there. */
  const environment = (values: object, component: string): NodeJS.ProcessEnv => {
    const { env = [] } = podTemplate(render(values), component).spec.containers[0];
    return Object.fromEntries(
      env.map(({ name, value }) => {
        const file = /^\/etc\/(?:redis-auth|credentials)\/(.+)$/.exec(value ?? '')?.[1];
        return [name, file === undefined ? (value ?? 'from a Secret') : path.join(folder, file)];
      }),
    );
  };

  it.each([
    ...['operator', 'gateway', 'kubescape', 'kubevuln', 'kollector', 'cloud-endpoint'].map(
      (name) => [name, {}] as const,
    ),
    ...['operator', 'gateway', 'kubescape', 'kubevuln', 'kollector'].map((name) => [name, full] as const),
    ['suite', variants['compact']?.values as object] as const,
    ['suite', { ...full, profile: 'compact', gatewayUrl: 'gateway.example.com' }] as const,
  ])('%s: valid, and no variable is unknown', (component, values) => {
    const definition = definitions[component];
    if (definition === undefined) throw new Error(component);
    const { config, warnings } = loadConfig(definition, { env: environment(values, component) });
    expect(warnings).toEqual([]);
    // Pods listen for others.
    expect(config['host']).toBe('0.0.0.0');
  });

  it('values arrive: addresses, ports, namespaces, switches', () => {
    const values = {
      includeNamespaces: 'shop,bank',
      capabilities: { continuousScan: 'enable' },
      operator: { service: { port: 80, targetPort: 5000 } },
      kubevuln: { config: { scanConcurrency: 3, plainHttpRegistries: ['r:5000'], vulnerabilityMetrics: true } },
      triggerNewImageScan: 'false',
    };
    const load = (component: string) =>
      loadConfig(definitions[component] as AnyDefinition, { env: environment(values, component) }).config;
    expect(load('operator')).toMatchObject({ port: 5000, redis: { address: { host: 'redis', port: 6379 } } });
    expect(load('operator')['reports']).toMatchObject({ url: 'http://cloud-endpoint:8090' });
    expect(load('kubescape')).toMatchObject({
      continuous: { enabled: true },
      report: { url: 'http://cloud-endpoint:8090' },
    });
    expect(load('kubevuln')).toMatchObject({
      scanConcurrency: 3,
      plainHttpRegistries: ['r:5000'],
      vulnerabilityMetrics: { enabled: true },
    });
    const compact = environment({ ...values, profile: 'compact' }, 'suite');
    expect(compact).toMatchObject({ KSO_SUITE_IMAGES_VULNERABILITY_METRICS_ENABLED: 'true' });
    expect(load('kollector')).toMatchObject({
      includeNamespaces: ['shop', 'bank'],
      triggerNewImageScan: false,
      operatorUrl: 'http://operator:80',
    });
    // A gateway keeps no messages: a command that comes before the operator is connected would be lost.
    expect(load('kollector')).not.toHaveProperty('gatewayUrl');
  });
});
