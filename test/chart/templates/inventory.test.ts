import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { loadInventoryConfig } from '@kso/inventory';
import { missingPrograms } from '@kso/testkit/programs';
import { load } from 'js-yaml';
import { describe, expect, it } from 'vitest';
import { byKind, configOf, named, podTemplate, render } from './rendered.ts';

const inventory = {
  inventory: {
    enabled: true,
    existingSecret: 'anchore',
    anchore: { url: 'https://anchore.example.com', user: 'robot' },
    namespaceSelectors: { include: ['shop'], 'ignore-empty': true },
  },
};

const fileOf = (values: object): string =>
  (named(render(values), 'ConfigMap', 'inventory') as unknown as { data: Record<string, string> }).data[
    'config.yaml'
  ] ?? '';
const warningsOf = (values: object) =>
  String(configOf(render(values), 'ks-capabilities', 'capabilities')['capabilityWarnings']);

describe.skipIf(missingPrograms('helm') !== undefined)('inventory: images that run, for Anchore', () => {
  it('the file of its predecessors, the password from a Secret', () => {
    const objects = render(inventory);
    const { data } = named(objects, 'ConfigMap', 'inventory') as unknown as { data: Record<string, string> };
    expect(load(data['config.yaml'] ?? '')).toMatchObject({
      anchore: { url: 'https://anchore.example.com', user: 'robot', password: '$KAI_ANCHORE_PASSWORD' },
      kubeconfig: { path: 'use-in-cluster', cluster: 'cluster' },
      mode: 'periodic',
      'polling-interval-seconds': 60,
      'namespace-selectors': { include: ['shop'], exclude: [], 'ignore-empty': true },
      'missing-tag-policy': { policy: 'digest', tag: 'UNKNOWN' },
    });
    const { env } = podTemplate(objects, 'inventory').spec.containers[0];
    expect(env).toContainEqual({
      name: 'KAI_ANCHORE_PASSWORD',
      valueFrom: { secretKeyRef: { name: 'anchore', key: 'KAI_ANCHORE_PASSWORD' } },
    });
  });

  it('values of the kai chart and of its successor give the same', () => {
    const { inventory: keys } = inventory;
    const own = render(inventory);
    for (const former of ['kai', 'k8sInventory']) expect(render({ [former]: keys })).toEqual(own);
    const renamed = render({ kai: { ...keys, existingSecret: null, existing_secret: 'anchore' } });
    expect(renamed).toEqual(own);
  });

  it('a password as a value is in a Secret and in no file; injected otherwise there is no reference', () => {
    const anchore = { url: 'https://a.example.com', user: 'u', password: 'pass-word' };
    const objects = render({ inventory: { enabled: true, anchore } });
    expect(JSON.stringify(objects)).not.toContain('pass-word');
    expect(named(objects, 'Secret', 'inventory')['data']).toEqual({
      KAI_ANCHORE_PASSWORD: Buffer.from('pass-word').toString('base64'),
    });
    const injected = render({ inventory: { enabled: true, anchore }, inject_secrets_via_env: true });
    expect(JSON.stringify(podTemplate(injected, 'inventory'))).not.toContain('secretKeyRef');
    expect(byKind(injected, 'Secret').map(({ metadata }) => metadata.name)).not.toContain('inventory');
  });

  it.each([inventory, { inventory: { enabled: true } }])('its file is one that the program takes: %j', (values) => {
    const folder = mkdtempSync(path.join(tmpdir(), 'kso-inventory-'));
    const file = path.join(folder, 'config.yaml');
    writeFileSync(file, fileOf(values));
    const env = { KAI_ANCHORE_USER: 'u', KAI_ANCHORE_PASSWORD: 'p' };
    const { config, warnings } = loadInventoryConfig({ file, env, cwd: folder, home: folder });
    rmSync(folder, { recursive: true });
    expect(warnings).toEqual([]);
    expect(config).toMatchObject({ mode: 'periodic', health: { host: '0.0.0.0', port: 8000 } });
    expect(config.anchore.password?.reveal()).toBe('p');
  });

  it.each([{}, { profile: 'compact' }])('without an API of its own it reports to the cloud-endpoint, %j', (values) => {
    const objects = render({ ...values, inventory: { enabled: true } });
    expect(fileOf({ ...values, inventory: { enabled: true } })).toContain('url: http://cloud-endpoint:8090');
    const { env } = podTemplate(objects, 'inventory').spec.containers[0];
    for (const [name, key] of [
      ['KAI_ANCHORE_USER', 'account'],
      ['KAI_ANCHORE_PASSWORD', 'accessKey'],
    ])
      expect(env).toContainEqual({ name, valueFrom: { secretKeyRef: { name: 'cloud-endpoint-account', key } } });
    expect(warningsOf({ ...values, inventory: { enabled: true } })).not.toContain('inventor');
  });

  it('says so when there is nobody to report to', () => {
    const values = { cloudEndpoint: { enabled: false }, inventory: { enabled: true } };
    expect(warningsOf(values)).toContain('inventories are sent nowhere');
  });
});
