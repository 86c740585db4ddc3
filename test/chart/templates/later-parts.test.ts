import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { missingPrograms } from '@kso/testkit/programs';
import type { KubeObject } from '@kso/wire';
import { dump } from 'js-yaml';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { template } from '../values/chart-under-test.ts';
import { byKind, chartFolder, configOf, named, objectsOf, render, running } from './rendered.ts';

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
  it.each([[{ serviceScanConfig: { enabled: true } }, 'scans of exposed Services are not built yet']])(
    '%j changes no object but the list of what has no effect, and says so',
    (values, warning) => {
      const objects = render(values);
      expect(running(objects)).toEqual(running(render()));
      expect(objects).toHaveLength(render().length);
      const { capabilityWarnings } = configOf(objects, 'ks-capabilities', 'capabilities');
      expect(String(capabilityWarnings)).toContain(warning);
    },
  );
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

  it('CRDs: rendered and kept, unless crds.install and crds.keep say otherwise', () => {
    const annotations = (values: object) =>
      named(built(values), 'CustomResourceDefinition', crd.metadata.name).metadata.annotations;
    expect(annotations({})).toEqual({ 'helm.sh/resource-policy': 'keep' });
    expect(annotations({ crds: { keep: false } })).toBeUndefined();
    expect(named(built({}), 'CustomResourceDefinition', crd.metadata.name)['spec']).toEqual(crd.spec);
    expect(byKind(built({ crds: { install: false } }), 'CustomResourceDefinition')).toEqual([]);
  });
});
