import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { requireProgram } from '@kso/testkit/programs';

/** The chart as it is in this repository. */
export const chartFolder = path.resolve(import.meta.dirname, '../../../charts/kubescape-operator');

export interface Rendered {
  readonly ok: boolean;
  readonly out: string;
  readonly error: string;
}

export interface Values {
  /** Written to a values file. */
  readonly values?: unknown;
  readonly files?: readonly string[];
  /** For `--set`. */
  readonly set?: readonly string[];
  readonly namespace?: string;
  readonly release?: string;
  /** The Kubernetes version that is rendered for. */
  readonly kubeVersion?: string;
}

/** Runs `helm template`, of a release `kubescape` in the namespace `kubescape` and for Kubernetes 1.33 unless told otherwise. */
export function template(chart: string, given: Values = {}): Rendered {
  const {
    values,
    files = [],
    set = [],
    namespace = 'kubescape',
    release = 'kubescape',
    kubeVersion = '1.33.0',
  } = given;
  const folder = mkdtempSync(path.join(tmpdir(), 'kso-values-'));
  const file = path.join(folder, 'values.json');
  writeFileSync(file, JSON.stringify(values ?? {}));
  const args = ['template', release, chart, '--namespace', namespace, '--kube-version', kubeVersion];
  const valueFiles = [...files, file].flatMap((each) => ['--values', each]);
  const sets = set.flatMap((one) => ['--set', one]);
  const run = spawnSync(requireProgram('helm'), [...args, ...valueFiles, ...sets], {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  rmSync(folder, { recursive: true, force: true });
  return { ok: run.status === 0, out: run.stdout, error: run.stderr };
}

/** A chart of our values, schema and notes with nothing else to render: what fails there fails because of the values. */
export function valuesOnlyChart(): { readonly folder: string; remove(): void } {
  const folder = mkdtempSync(path.join(tmpdir(), 'kso-values-chart-'));
  for (const name of [
    'Chart.yaml',
    'values.yaml',
    'values.schema.json',
    'files/compat.yaml',
    'templates/_helpers/compat.tpl',
  ])
    cpSync(path.join(chartFolder, name), path.join(folder, name), { recursive: true });
  writeFileSync(
    path.join(folder, 'templates', 'notes.yaml'),
    'notes: {{ include "kso.compatNotes" . | fromYamlArray | toJson }}\n',
  );
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** The notes that a chart of `valuesOnlyChart` has rendered. */
export function notesOf({ ok, out, error }: Rendered): string[] {
  if (!ok) throw new Error(error);
  const line = out.split('\n').find((text) => text.startsWith('notes: '));
  return JSON.parse(line?.slice('notes: '.length) ?? '[]') as string[];
}
