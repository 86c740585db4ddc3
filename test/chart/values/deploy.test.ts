import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { missingPrograms, requireProgram } from '@kso/testkit/programs';
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
});

describe.skipIf(missingPrograms('helm', 'kubectl') !== undefined)('kustomize/', () => {
  it('is built by kubectl as its first line says: the namespace, the chart, and the patch', () => {
    const file = readFileSync(path.join(deploy, 'kustomize/kustomization.yaml'), 'utf8');
    expect(file.split('\n')[0]).toBe(
      '# kustomize build --enable-helm --load-restrictor LoadRestrictionsNone deploy/kustomize',
    );
    // A helm that was built without a version of Kubernetes knows only an old one.
    const args = ['--enable-helm', '--helm-command', requireProgram('helm'), '--helm-kube-version', 'v1.33.0'];
    const { status, stdout, stderr } = spawnSync(
      requireProgram('kubectl'),
      ['kustomize', ...args, '--load-restrictor', 'LoadRestrictionsNone', path.join(deploy, 'kustomize')],
      { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 },
    );
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const built = objects(stdout);
    const find = (kind: string, name: string) =>
      built.find((object) => object.kind === kind && object.metadata?.name === name);
    expect(find('Namespace', 'kubescape')).toBeDefined();
    expect(find('Deployment', 'kubescape')?.spec).toMatchObject({
      template: { metadata: { labels: { team: 'security' } } },
    });
    expect(stdout).not.toContain('helm.sh/hook');
    const { out } = template(chartFolder, { files: [path.join(deploy, 'kustomize/values.yaml')] });
    expect(built).toHaveLength(objects(out).length + 1);
  });
});

/** Paths of the leaves of an object, without what is below `values` of the chart. */
function fields(value: unknown, at = ''): string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || /(\.values|valuesObject)$/.test(at))
    return [at];
  return Object.entries(value).flatMap(([name, inner]) => fields(inner, at === '' ? name : `${at}.${name}`));
}

/** Fields of these kinds as the tools' own references have them: a typing error here is one that the tool would refuse or ignore. */
const common = ['apiVersion', 'kind', 'metadata.name', 'metadata.namespace'];
const knownFields: Readonly<Record<string, readonly string[]>> = {
  'argoproj.io/v1alpha1 Application': [
    'metadata.finalizers',
    'spec.project',
    'spec.destination.server',
    'spec.destination.namespace',
    'spec.source.repoURL',
    'spec.source.targetRevision',
    'spec.source.path',
    'spec.source.chart',
    'spec.source.helm.releaseName',
    'spec.source.helm.valuesObject',
    'spec.syncPolicy.automated.prune',
    'spec.syncPolicy.automated.selfHeal',
    'spec.syncPolicy.syncOptions',
  ],
  'source.toolkit.fluxcd.io/v1 GitRepository': ['spec.interval', 'spec.url', 'spec.ref.branch'],
  'helm.toolkit.fluxcd.io/v2 HelmRelease': [
    'spec.interval',
    'spec.timeout',
    'spec.releaseName',
    'spec.targetNamespace',
    'spec.values',
    'spec.install.createNamespace',
    'spec.install.remediation.retries',
    'spec.upgrade.remediation.retries',
    'spec.chart.spec.chart',
    'spec.chart.spec.reconcileStrategy',
    'spec.chart.spec.sourceRef.kind',
    'spec.chart.spec.sourceRef.name',
  ],
};

describe('GitOps', () => {
  const manifests = ['argocd/application.yaml', 'flux/helm-release.yaml'].flatMap(read);

  it.each(
    manifests.map((manifest) => [`${(manifest as { apiVersion?: string }).apiVersion} ${manifest.kind}`, manifest]),
  )('%s has fields that there are', (kind, manifest) => {
    const known = [...common, ...(knownFields[kind] ?? [])];
    expect(fields(manifest).filter((field) => !known.includes(field))).toEqual([]);
  });

  it('Flux waits longer than the first vulnerability database takes', () => {
    expect(read('flux/helm-release.yaml').at(1)?.spec).toMatchObject({ timeout: '15m' });
  });

  it('Flux takes the chart from the source beside the release', () => {
    const [source, release] = read('flux/helm-release.yaml');
    expect(release?.spec).toMatchObject({
      chart: { spec: { sourceRef: { kind: source?.kind, name: source?.metadata?.name } } },
    });
  });
});
