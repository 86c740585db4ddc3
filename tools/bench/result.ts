import { spawnSync } from 'node:child_process';
import { cpus, totalmem } from 'node:os';

/** One line of the table. */
export interface BenchResult {
  /** `scan`, `change`, `start`. */
  readonly benchmark: string;
  /** What it ran on, e.g. `1,000 objects`. */
  readonly input: string;
  /** By unit in the name: `wall ms`, `peak MiB`. Absent where it failed. */
  readonly values: Readonly<Record<string, number>>;
  /** Why there are no values. */
  readonly failure?: string;
}

export interface BenchReport {
  readonly date: string;
  readonly commit: string;
  readonly machine: { readonly processor: string; readonly cores: number; readonly memoryMiB: number };
  readonly node: string;
  readonly results: readonly BenchResult[];
}

export function benchReport(results: readonly BenchResult[]): BenchReport {
  const git = spawnSync('git', ['describe', '--always', '--dirty'], { cwd: import.meta.dirname, encoding: 'utf8' });
  return {
    date: new Date().toISOString(),
    commit: git.status === 0 ? git.stdout.trim() : 'unknown',
    machine: {
      processor: cpus()[0]?.model ?? 'unknown',
      cores: cpus().length,
      memoryMiB: Math.round(totalmem() / 2 ** 20),
    },
    node: process.version,
    results,
  };
}

/** A table for the terminal and, as it stands, for Markdown. */
export function formatResults(results: readonly BenchResult[]): string {
  const rows = [
    ['benchmark', 'input', 'result'],
    ...results.map(({ benchmark, input, values, failure }) => [benchmark, input, failure ?? formatValues(values)]),
  ];
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) => `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`);
  const rule = `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`;
  return [lines[0], rule, ...lines.slice(1)].join('\n');
}

function formatValues(values: Readonly<Record<string, number>>): string {
  return Object.entries(values)
    .map(([name, value]) => `${name} ${Number.isNaN(value) ? '?' : value.toFixed(value < 10 ? 1 : 0)}`)
    .join(', ');
}
