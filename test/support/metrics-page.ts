import { readFileSync } from 'node:fs';
import path from 'node:path';

/** A metric as `docs/metrics.md` describes it. */
export interface DocumentedMetric {
  readonly name: string;
  readonly type: string;
  readonly labels: readonly string[];
  /** Folders in `services/`. */
  readonly services: readonly string[];
}

const file = path.resolve(import.meta.dirname, '../../docs/metrics.md');

/** The tables of the page: above each stands a line `In: …` with the services that have its metrics. */
export function documentedMetrics(text = readFileSync(file, 'utf8')): DocumentedMetric[] {
  const found: DocumentedMetric[] = [];
  let services: string[] = [];
  for (const line of text.split('\n')) {
    if (line.startsWith('In: ')) services = codesOf(line);
    const [, name, type = '', labels = ''] = /^\| `(\w+)` \| (\w+) \| ([^|]*)\|[^|]*\|$/.exec(line) ?? [];
    if (name !== undefined) found.push({ name, type, labels: codesOf(labels), services });
  }
  return found;
}

/** The rules of the page's example. */
export function exampleRules(text = readFileSync(file, 'utf8')): string {
  return /^```yaml\n(.*?)^```$/ms.exec(text)?.[1] ?? '';
}

function codesOf(text: string): string[] {
  return [...text.matchAll(/`(\w[\w-]*)`/g)].map(([, code]) => code ?? '');
}

/** What a process tells of itself at `/metrics`. */
export interface ExposedMetric {
  readonly name: string;
  readonly type: string;
  /** Of the series that there are at present; without `le`. */
  readonly labels: readonly string[];
}

export function exposedMetrics(text: string): ExposedMetric[] {
  const types = [...text.matchAll(/^# TYPE (\w+) (\w+)$/gm)];
  return types.map(([, name = '', type = '']) => {
    const series = new RegExp(`^${name}(?:_bucket|_sum|_count)?\\{(.*)\\} `, 'gm');
    const labels = [...text.matchAll(series)].flatMap(([, pairs = '']) =>
      [...pairs.matchAll(/(\w+)="(?:[^"\\]|\\.)*"/g)].map(([, label]) => label ?? ''),
    );
    return { name, type, labels: [...new Set(labels)].filter((label) => label !== 'le') };
  });
}
