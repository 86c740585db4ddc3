import { spawn, spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { cpuMsOf, memoryMiBOf } from './process-usage.ts';
import type { BenchResult } from './result.ts';

interface Peer {
  readonly program: string;
  readonly args: (folder: string) => readonly string[];
  /** It ends like this when it has found something. */
  readonly fine: readonly number[];
}

/** Other scanners of the field, as they are used on a folder of manifests. None may ask the network: they find what they have installed. */
const peers: readonly Peer[] = [
  {
    program: 'kubescape',
    args: (folder) => ['scan', folder, '--format', 'json', '--keep-local', '--output', '/dev/null'],
    fine: [0, 1],
  },
  {
    program: 'trivy',
    args: (folder) => ['config', '--quiet', '--skip-check-update', '--format', 'json', folder],
    fine: [0, 1],
  },
  {
    program: 'kube-score',
    args: (folder) => [
      'score',
      '--output-format',
      'json',
      ...readdirSync(folder).map((file) => path.join(folder, file)),
    ],
    fine: [0, 1],
  },
];

const limitMs = 600_000;
const sampleMs = 20;

/** The same folder through those of the peers that are on PATH: one run each. */
export async function benchPeers(folder: string, objects: number): Promise<BenchResult[]> {
  const results: BenchResult[] = [];
  for (const peer of peers)
    if (spawnSync(peer.program, ['--help'], { stdio: 'ignore' }).error === undefined)
      results.push(await run(peer, folder, objects));
  return results;
}

async function run({ program, args, fine }: Peer, folder: string, objects: number): Promise<BenchResult> {
  const base = { benchmark: `scan, ${program}`, input: `${objects.toLocaleString('en')} objects` };
  const startedAt = performance.now();
  const child = spawn(program, [...args(folder)], { stdio: ['ignore', 'ignore', 'ignore'] });
  const ended = new Promise<number>((resolve) => child.once('close', (code) => resolve(code ?? -1)));
  let [peakMiB, cpuMs] = [0, 0];
  // What the kernel knows of a process is gone with it: the last look before its end counts.
  while (child.exitCode === null && child.signalCode === null) {
    peakMiB = Math.max(peakMiB, memoryMiBOf(child.pid, 'VmHWM') || 0);
    cpuMs = Math.max(cpuMs, cpuMsOf(child.pid) || 0);
    if (performance.now() - startedAt > limitMs) child.kill('SIGKILL');
    await sleep(sampleMs);
  }
  const code = await ended;
  const wallMs = performance.now() - startedAt;
  if (!fine.includes(code))
    return { ...base, values: {}, failure: `ended with ${code} after ${Math.round(wallMs)} ms` };
  return { ...base, values: { 'wall ms': wallMs, 'cpu ms': cpuMs, 'peak MiB': peakMiB } };
}
