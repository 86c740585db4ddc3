import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { cliCommand } from './cli.ts';
import { writeManifests } from './manifests.ts';
import { type Measurement, measureNode, median } from './measure.ts';
import type { BenchResult } from './result.ts';

/** `kso up --once` over a folder with an empty data folder: from the start of the process to the table of results, and to its end. */
export async function benchStart(objects: number, runs: number): Promise<BenchResult> {
  const input = `${objects.toLocaleString('en')} objects`;
  const measured: Measurement[] = [];
  for (let run = 0; run <= runs; run += 1) {
    const folder = mkdtempSync(path.join(tmpdir(), 'kso-bench-start-'));
    const manifests = path.join(folder, 'manifests');
    writeManifests(manifests, objects);
    const data = path.join(folder, 'data');
    const args = ['up', '--once', '--no-engines', '--manifests', manifests, '--data-dir', data, '--listen', 'all=0'];
    // No engines, on whatever machine: images are "not evaluated" at once.
    const env = { KSO_TOOLS_DIR: path.join(folder, 'none') };
    const measurement = await measureNode([...cliCommand, ...args], { env, until: /C-\d{4}/ });
    // The first run fills the caches of disk and compiler.
    if (run > 0) measured.push(measurement);
    rmSync(folder, { recursive: true, force: true });
  }
  const failed = measured.find(({ exitCode, untilMs }) => exitCode !== 0 || untilMs === undefined);
  if (failed !== undefined) {
    const failure = `ended with ${failed.exitCode}${failed.untilMs === undefined ? ' and no table' : ''}: ${failed.errors.trim()}`;
    return { benchmark: 'start', input, values: {}, failure };
  }
  return {
    benchmark: 'start',
    input,
    values: {
      'first result ms': median(measured.map(({ untilMs }) => untilMs ?? Number.NaN)),
      'first result cpu ms': median(measured.map(({ untilCpuMs }) => untilCpuMs)),
      'cpu ms': median(measured.map(({ cpuMs }) => cpuMs)),
      'end ms': median(measured.map(({ wallMs }) => wallMs)),
      'peak MiB': median(measured.map(({ peakMiB }) => peakMiB)),
    },
  };
}
