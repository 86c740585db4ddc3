import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { requireProgram } from '@kso/testkit/programs';

/** The chart as it is in this repository. */
export const chartFolder = path.resolve(import.meta.dirname, '../../../charts/kubescape-operator');

/** The Kubernetes version that is rendered for, when a test names none. */
const kubeVersion = '1.33.0';

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
}

/** Runs `helm template` in the namespace `kubescape`. */
export function template(chart: string, { values, files = [], set = [] }: Values = {}): Rendered {
  const folder = mkdtempSync(path.join(tmpdir(), 'kso-values-'));
  const given = path.join(folder, 'values.json');
  writeFileSync(given, JSON.stringify(values ?? {}));
  const args = ['template', 'kubescape', chart, '--namespace', 'kubescape', '--kube-version', kubeVersion];
  const valueFiles = [...files, given].flatMap((file) => ['--values', file]);
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
