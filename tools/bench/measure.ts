import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { cpuMsOf } from './process-usage.ts';

export interface Measurement {
  /** From the start of the process to its end, milliseconds. */
  readonly wallMs: number;
  /** From the start of the process to what `until` looks for in its output; undefined if it never came. */
  readonly untilMs: number | undefined;
  /** Processor time of the process until then; NaN where there is no `/proc`. Tells more than `untilMs` on a machine with other work. */
  readonly untilCpuMs: number;
  readonly cpuMs: number;
  /** The most memory that was resident at once, MiB, all threads together. */
  readonly peakMiB: number;
  readonly exitCode: number;
  readonly stdoutBytes: number;
  /** The last lines of standard error, for a run that failed. */
  readonly errors: string;
}

export interface MeasureOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Looked for in standard output. */
  readonly until?: RegExp;
}

/** Runs a script with this Node and measures it from outside; its own start is part of the time. */
export async function measureNode(args: readonly string[], options: MeasureOptions = {}): Promise<Measurement> {
  const folder = mkdtempSync(path.join(tmpdir(), 'kso-bench-'));
  const usageFile = path.join(folder, 'usage.json');
  const hook = pathToFileURL(path.join(import.meta.dirname, 'report-usage.ts')).href;
  const startedAt = performance.now();
  const child = spawn(process.execPath, ['--import', hook, ...args], {
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    env: { ...process.env, NODE_ENV: 'production', ...options.env, KSO_BENCH_USAGE: usageFile },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const seen = { bytes: 0, tail: '', errors: '', untilMs: undefined as number | undefined, untilCpuMs: Number.NaN };
  child.stdout.on('data', (chunk: Buffer) => {
    seen.bytes += chunk.length;
    if (options.until === undefined || seen.untilMs !== undefined) return;
    seen.tail = (seen.tail + chunk.toString('utf8')).slice(-64 * 1024);
    if (!options.until.test(seen.tail)) return;
    seen.untilMs = performance.now() - startedAt;
    seen.untilCpuMs = cpuMsOf(child.pid);
  });
  child.stderr.on('data', (chunk: Buffer) => {
    seen.errors = (seen.errors + chunk.toString('utf8')).slice(-2000);
  });
  const exitCode = await new Promise<number>((resolve) => child.once('close', (code) => resolve(code ?? -1)));
  const wallMs = performance.now() - startedAt;
  const usage = readUsage(usageFile);
  rmSync(folder, { recursive: true, force: true });
  return {
    wallMs,
    untilMs: seen.untilMs,
    untilCpuMs: seen.untilCpuMs,
    cpuMs: usage.cpu / 1000,
    peakMiB: usage.maxRSS / 1024,
    exitCode,
    stdoutBytes: seen.bytes,
    errors: seen.errors,
  };
}

/** `maxRSS` in KiB, `cpu` in microseconds. */
function readUsage(file: string): { maxRSS: number; cpu: number } {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as { maxRSS: number; cpu: number };
  } catch {
    return { maxRSS: Number.NaN, cpu: Number.NaN };
  }
}

/** The value below which this share of the values lies, by the nearest rank. NaN without values. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}
