import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { missingPrograms, requireProgram } from '@kso/testkit/programs';
import { load } from 'js-yaml';
import { describe, expect, it } from 'vitest';
import { values } from '../../../charts/values/all.ts';
import { template } from '../values/chart-under-test.ts';
import { chartFolder, render, workloads } from './rendered.ts';
import { variants } from './variants.ts';

const deploy = path.resolve(import.meta.dirname, '../../../deploy/values');
const files = [path.join(chartFolder, 'ci'), deploy].flatMap((folder) =>
  readdirSync(folder).map((name) => path.join(folder, name)),
);
const chart = load(readFileSync(path.join(chartFolder, 'Chart.yaml'), 'utf8')) as {
  kubeVersion: string;
  annotations: Record<string, string>;
};

/** API versions that are served from 1.27 on and have not been announced to go. */
const stable = new Set([
  'v1',
  'apps/v1',
  'batch/v1',
  'networking.k8s.io/v1',
  'rbac.authorization.k8s.io/v1',
  'policy/v1',
  'apiextensions.k8s.io/v1',
  // Of other projects, behind a value each.
  'monitoring.coreos.com/v1',
]);

describe.skipIf(missingPrograms('helm') !== undefined)('the quality of the chart (chart.md 21)', () => {
  it.each(files.map((file) => [path.basename(file), file]))('helm lint --strict passes with %s', (_name, file) => {
    const args = ['lint', '--strict', chartFolder, '--kube-version', '1.33.0', '--values', file];
    const { status, stdout } = spawnSync(requireProgram('helm'), args, { encoding: 'utf8' });
    expect({ status, problems: stdout.split('\n').filter((line) => /\[(WARNING|ERROR)\]/.test(line)) }).toEqual({
      status: 0,
      problems: [],
    });
  });

  it.each(['1.27.0', '1.27.16-gke.1234000', '1.28.15-eks-1234567', '1.31.4+k3s1', '1.35.0'])(
    'renders the same for Kubernetes %s',
    (kubeVersion) => {
      const { out, error } = template(chartFolder, { kubeVersion });
      expect(error).toBe('');
      expect(out).toBe(template(chartFolder).out);
    },
  );

  it('stops at an older Kubernetes, and names the version', () => {
    expect(template(chartFolder, { kubeVersion: '1.26.15' }).error).toContain(
      `chart requires kubeVersion: ${chart.kubeVersion} which is incompatible with Kubernetes v1.26.15`,
    );
  });

  it('uses API versions that are there to stay', () => {
    const versions = Object.values(variants).flatMap((given) =>
      render(given.values as object, given).map(({ apiVersion }) => apiVersion),
    );
    expect([...new Set(versions)].filter((version) => !stable.has(version))).toEqual([]);
  });

  it('tells Artifact Hub every image that it can run', () => {
    const told = load(chart.annotations['artifacthub.io/images'] ?? '') as { image: string }[];
    const everything = [
      render(),
      render({
        grypeOfflineDB: { enabled: true },
        otelCollector: { enabled: true },
        configurations: { otelUrl: 'o:4317' },
      }),
    ];
    const run = everything.flatMap((objects) =>
      workloads(objects).flatMap(({ pod }) =>
        [...pod.spec.containers, ...(pod.spec.initContainers ?? [])].map(({ image }) => image),
      ),
    );
    expect(told.map(({ image }) => image).toSorted()).toEqual([...new Set(run)].toSorted());
  });

  it('has the annotations of a security chart', () => {
    for (const name of ['category', 'license', 'images', 'changes', 'containsSecurityUpdates', 'prerelease'])
      expect(chart.annotations).toHaveProperty([`artifacthub.io/${name}`]);
  });

  it('names its own keys in lowerCamel, and describes each', () => {
    // Not ours: keys of the charts whose values files are to work here (inventory.md 13).
    const isTakenOver = (key: string) => key.includes('ignore-empty') || key.includes('.anchoreRegistration.');
    const own = values.filter(({ status, key }) => status === 'supported' && !isTakenOver(key));
    expect(
      own.map(({ key }) => key).filter((key) => !key.split('.').every((part) => /^[a-z][A-Za-z0-9]*$/.test(part))),
    ).toEqual([]);
    expect(own.filter(({ description }) => description.length < 5)).toEqual([]);
  });
});
