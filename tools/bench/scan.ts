import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { cliCommand } from './cli.ts';
import { writeManifests } from './manifests.ts';
import { type Measurement, measureNode, median } from './measure.ts';
import { benchPeers } from './peers.ts';
import type { BenchResult } from './result.ts';

/** `kso scan FOLDER --format json` as a process of its own: all controls over so many objects, from start to end. Then the same through peers. */
export async function benchScan(objects: number, runs: number): Promise<BenchResult[]> {
  const folder = mkdtempSync(path.join(tmpdir(), 'kso-bench-scan-'));
  try {
    writeManifests(folder, objects);
    // The first run fills the caches of disk and compiler, as any run but the first on a machine finds them.
    await measureNode([...cliCommand, 'scan', folder, '--format', 'json']);
    const measured: Measurement[] = [];
    for (let run = 0; run < runs; run += 1)
      measured.push(await measureNode([...cliCommand, 'scan', folder, '--format', 'json']));
    return [result(objects, measured), ...(await benchPeers(folder, objects))];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function result(objects: number, measured: readonly Measurement[]): BenchResult {
  const input = `${objects.toLocaleString('en')} objects`;
  const wallMs = median(measured.map((each) => each.wallMs));
  const failed = measured.find(({ exitCode }) => exitCode !== 0);
  if (failed !== undefined)
    return { benchmark: 'scan', input, values: {}, failure: `ended with ${failed.exitCode}: ${failed.errors.trim()}` };
  return {
    benchmark: 'scan',
    input,
    values: {
      'wall ms': wallMs,
      'objects per s': (objects * 1000) / wallMs,
      'cpu ms': median(measured.map(({ cpuMs }) => cpuMs)),
      'peak MiB': median(measured.map(({ peakMiB }) => peakMiB)),
      'report KiB': median(measured.map(({ stdoutBytes }) => stdoutBytes / 1024)),
    },
  };
}
