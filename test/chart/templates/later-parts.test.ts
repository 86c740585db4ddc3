import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { missingPrograms } from '@kso/testkit/programs';
import type { KubeObject } from '@kso/wire';
import { dump } from 'js-yaml';
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
describe.skipIf(missingPrograms('helm') !== undefined)('parts that this version does not have', () => {
  it.each([
    [{ kubevulnWorker: { enabled: true } }, 'kubevulnWorker is not built yet: kubevulnWorker.enabled has no effect'],
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

  it('CRDs: rendered and kept, unless crds.install and crds.keep say otherwise', () => {
    const annotations = (values: object) =>
      named(built(values), 'CustomResourceDefinition', crd.metadata.name).metadata.annotations;
    expect(annotations({})).toEqual({ 'helm.sh/resource-policy': 'keep' });
    expect(annotations({ crds: { keep: false } })).toBeUndefined();
    expect(named(built({}), 'CustomResourceDefinition', crd.metadata.name)['spec']).toEqual(crd.spec);
    expect(byKind(built({ crds: { install: false } }), 'CustomResourceDefinition')).toEqual([]);
  });
});
