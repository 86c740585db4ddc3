import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { missingPrograms } from '@kso/testkit/programs';
import type { KubeObject } from '@kso/wire';
import { dump, load } from 'js-yaml';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { template } from '../values/chart-under-test.ts';
import { byKind, chartFolder, configOf, envOf, named, objectsOf, podTemplate, render, running } from './rendered.ts';

const crd = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'samples.kubescape.io' },
  spec: {
    group: 'kubescape.io',
    scope: 'Namespaced',
    names: { kind: 'Sample', plural: 'samples', singular: 'sample', listKind: 'SampleList' },
    versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }],
  },
};
const inventory = {
  inventory: {
    enabled: true,
    existingSecret: 'anchore',
    anchore: { url: 'https://anchore.example.com', user: 'robot' },
    namespaceSelectors: { include: ['shop'], 'ignore-empty': true },
  },
};
describe.skipIf(missingPrograms('helm') !== undefined)('parts that this version does not have', () => {
  it.each([
    [{ kubevulnWorker: { enabled: true } }, 'kubevulnWorker is not built yet: kubevulnWorker.enabled has no effect'],
    [inventory, 'inventory is not built yet: inventory.enabled has no effect'],
    [{ serviceScanConfig: { enabled: true } }, 'scans of exposed Services are not built yet'],
  ])('%j changes no object but the list of what has no effect, and says so', (values, warning) => {
    const objects = render(values);
    expect(running(objects)).toEqual(running(render()));
    expect(objects).toHaveLength(render().length);
    const { capabilityWarnings } = configOf(objects, 'ks-capabilities', 'capabilities');
    expect(String(capabilityWarnings)).toContain(warning);
  });
});

/** The chart as it is on the day that everything is built and a kind has a reader. */
describe.skipIf(missingPrograms('helm') !== undefined)('their templates', () => {
  let chart: string;
  beforeAll(() => {
    chart = mkdtempSync(path.join(tmpdir(), 'kso-built-'));
    cpSync(chartFolder, chart, { recursive: true });
    writeFileSync(path.join(chart, 'files/not-built.yaml'), '[]');
    mkdirSync(path.join(chart, 'files/crds'), { recursive: true });
    writeFileSync(path.join(chart, 'files/crds/samples.yaml'), dump(crd));
  });
  afterAll(() => rmSync(chart, { recursive: true }));

  const built = (values: object): KubeObject[] => {
    const { error, out } = template(chart, { values });
    expect(error).toBe('');
    return objectsOf(out);
  };

  it('kubevuln-worker: stateless pods beside the owner, with a budget where there are several', () => {
    const objects = built({
      kubevulnWorker: { enabled: true, replicaCount: 3, podDisruptionBudget: { enabled: true } },
    });
    const deployment = named(objects, 'Deployment', 'kubevuln-worker');
    expect(deployment['spec']).toMatchObject({ replicas: 3 });
    const { spec } = podTemplate(objects, 'kubevuln-worker');
    expect(spec.containers[0]).toMatchObject({
      image: 'kubescape-operator-engines:0.1.0',
      args: ['kubevuln-worker'],
    });
    expect(JSON.stringify(spec.volumes)).not.toContain('persistentVolumeClaim');
    expect(envOf(objects, 'kubevuln-worker')).toMatchObject({
      KSO_KUBEVULN_WORKER_REDIS_ADDRESS: 'redis:6379',
      KSO_KUBEVULN_WORKER_OWNER_URL: 'http://kubevuln:8080',
    });
    expect(named(objects, 'PodDisruptionBudget', 'kubevuln-worker')['spec']).toMatchObject({
      maxUnavailable: 1,
      selector: { matchLabels: { 'app.kubernetes.io/component': 'kubevuln-worker' } },
    });
    expect(byKind(built({ kubevulnWorker: { enabled: true } }), 'PodDisruptionBudget')).toEqual([]);
  });

  it('kubevuln-worker has its edges: queue, owner, registries', () => {
    const networkPolicy = { enabled: true, createEgressRules: true };
    const objects = built({ kubevulnWorker: { enabled: true }, global: { networkPolicy } });
    const to = (name: string) =>
      JSON.stringify((named(objects, 'NetworkPolicy', name)['spec'] as { ingress: unknown }).ingress);
    for (const receiver of ['redis', 'kubevuln']) expect(to(receiver)).toContain('"kubevuln-worker"');
    expect(JSON.stringify(named(objects, 'NetworkPolicy', 'kubevuln-worker'))).toContain('0.0.0.0/0');
  });

  it('inventory: the file of its predecessors, the password from a Secret, an account that reads three kinds', () => {
    const objects = built(inventory);
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
    expect(named(objects, 'ClusterRole', 'kubescape-kubescape-inventory')['rules']).toEqual([
      { apiGroups: [''], resources: ['pods', 'nodes', 'namespaces'], verbs: ['get', 'list', 'watch'] },
    ]);
  });

  it('inventory: values of the kai chart and of its successor give the same', () => {
    const { inventory: keys } = inventory;
    const own = built(inventory);
    for (const former of ['kai', 'k8sInventory']) expect(built({ [former]: keys })).toEqual(own);
    const renamed = built({ kai: { ...keys, existingSecret: null, existing_secret: 'anchore' } });
    expect(renamed).toEqual(own);
  });

  it('inventory: a password as a value is in a Secret and in no file; injected otherwise there is no reference', () => {
    const anchore = { url: 'https://a.example.com', user: 'u', password: 'pass-word' };
    const objects = built({ inventory: { enabled: true, anchore } });
    expect(JSON.stringify(objects)).not.toContain('pass-word');
    expect(named(objects, 'Secret', 'inventory')['data']).toEqual({
      KAI_ANCHORE_PASSWORD: Buffer.from('pass-word').toString('base64'),
    });
    const injected = built({ inventory: { enabled: true, anchore }, inject_secrets_via_env: true });
    expect(JSON.stringify(podTemplate(injected, 'inventory'))).not.toContain('secretKeyRef');
    expect(byKind(injected, 'Secret').map(({ metadata }) => metadata.name)).not.toContain('inventory');
  });

  it('CRDs: rendered and kept, unless crds.install and crds.keep say otherwise', () => {
    const annotations = (values: object) =>
      named(built(values), 'CustomResourceDefinition', crd.metadata.name).metadata.annotations;
    expect(annotations({})).toEqual({ 'helm.sh/resource-policy': 'keep' });
    expect(annotations({ crds: { keep: false } })).toBeUndefined();
    expect(named(built({}), 'CustomResourceDefinition', crd.metadata.name)['spec']).toEqual(crd.spec);
    expect(byKind(built({ crds: { install: false } }), 'CustomResourceDefinition')).toEqual([]);
  });
});
