import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { missingPrograms } from '@kso/testkit/programs';
import { loadAll } from 'js-yaml';
import { describe, expect, it } from 'vitest';
import { chartFolder, template } from './chart-under-test.ts';

const deploy = path.resolve(import.meta.dirname, '../../../deploy');

interface Manifest {
  readonly kind: string;
  readonly metadata?: { readonly name?: string; readonly namespace?: string };
  readonly spec?: Record<string, unknown>;
}

const read = (file: string): Manifest[] => loadAll(readFileSync(path.join(deploy, file), 'utf8')) as Manifest[];

/** The objects of a render, apart from empty documents. */
function objects(out: string): Manifest[] {
  return (loadAll(out) as (Manifest | null | undefined)[]).filter((one) => one !== null && one !== undefined);
}

const examples = readdirSync(path.join(deploy, 'values')).filter((name) => name.endsWith('.yaml'));

describe('deploy/values', () => {
  it('has all the examples that the pages name', () => {
    const names = ['aks', 'air-gapped', 'e2e-compact', 'e2e-default', 'eks', 'gke', 'large', 'openshift', 'small'];
    expect(examples.map((name) => path.basename(name, '.yaml')).sort()).toEqual(names.sort());
  });
});

describe.skipIf(missingPrograms('helm') !== undefined)('with helm', () => {
  it.each(examples)('%s renders', (name) => {
    const { ok, out, error } = template(chartFolder, { files: [path.join(deploy, 'values', name)] });
    expect(error).toBe('');
    expect(ok).toBe(true);
    expect(objects(out).length).toBeGreaterThan(5);
  });

  it('small is one pod without Redis', () => {
    const { out } = template(chartFolder, { files: [path.join(deploy, 'values', 'small.yaml')] });
    const workloads = objects(out).filter(({ kind }) => ['Deployment', 'StatefulSet', 'DaemonSet'].includes(kind));
    expect(workloads).toHaveLength(1);
  });

  it('air-gapped names no host outside', () => {
    const { out } = template(chartFolder, { files: [path.join(deploy, 'values', 'air-gapped.yaml')] });
    const images = [...out.matchAll(/^\s*(?:- )?image: "?([^"\s]+)/gmu)].map(([, image = '']) => image);
    expect(images.length).toBeGreaterThan(3);
    expect(images.filter((image) => !image.startsWith('registry.internal.example:5000/'))).toEqual([]);
  });

  const gitOps: readonly [file: string, kind: string, values: (spec: Record<string, unknown>) => unknown][] = [
    [
      'argocd/application.yaml',
      'Application',
      (spec) => (spec['source'] as { helm: { valuesObject: unknown } }).helm.valuesObject,
    ],
    ['flux/helm-release.yaml', 'HelmRelease', (spec) => spec['values']],
  ];

  it.each(gitOps)('%s has values that render, and the folder of the chart', (file, kind, valuesOf) => {
    const manifest = read(file).find((one) => one.kind === kind);
    const spec = manifest?.spec ?? {};
    expect(JSON.stringify(spec)).toContain('charts/kubescape-operator');
    const { ok, error } = template(chartFolder, { values: valuesOf(spec) });
    expect(error).toBe('');
    expect(ok).toBe(true);
  });

  it('kustomize/ has values that render, and a patch whose target is there', () => {
    const [kustomization] = read('kustomize/kustomization.yaml') as unknown as {
      helmCharts: { name: string; valuesFile: string }[];
      patches: { target: { kind: string; name: string } }[];
    }[];
    expect(kustomization?.helmCharts[0]?.name).toBe('kubescape-operator');
    const { out, error } = template(chartFolder, { files: [path.join(deploy, 'kustomize/values.yaml')] });
    expect(error).toBe('');
    const target = kustomization?.patches[0]?.target;
    const found = objects(out).find(({ kind, metadata }) => kind === target?.kind && metadata?.name === target.name);
    expect(found).toBeDefined();
    expect(out).not.toContain('helm.sh/hook');
  });
});
