// One matching pass over the images in DATA_DIR with the database in DATABASE, as a process of its own: node image-pass.ts DATA_DIR DATABASE
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { createFakeSbomEngine, createGrype } from '@kso/engines';
import { createLogger, createMetrics, systemClock } from '@kso/kit';
import {
  createRecorder,
  createRematcher,
  createSbomCache,
  createScanMetrics,
  createSummarizer,
} from '@kso/kubevuln/rematching';
import { openSqliteStore } from '@kso/store';

const [dataDir = '', databaseDirectory = ''] = process.argv.slice(2);
const store = openSqliteStore({ path: path.join(dataDir, 'kubevuln.db') });
const summarizer = createSummarizer();
const scratchRoot = path.join(dataDir, 'scratch');
const ended = Promise.withResolvers<void>();
const { rematch } = createScanMetrics(createMetrics());
const rematcher = createRematcher({
  results: store.results,
  sboms: createSbomCache(path.join(dataDir, 'sboms'), Number.MAX_SAFE_INTEGER),
  sbomEngine: createFakeSbomEngine({ answer: () => ({ outcome: 'cancelled' }) }),
  matcher: createGrype({
    env: process.env,
    databaseDirectory,
    scratchRoot,
    mode: 'adaptive',
    memoryBytes: 2 * 1024 ** 3,
  }),
  summarizer,
  recorder: createRecorder({ store, account: '', reporting: false, now: Date.now, onReport: () => undefined }),
  scratchRoot,
  limits: { maxResultBytes: 500 * 1024 ** 2 },
  timeoutMs: 600_000,
  samples: 1,
  retryMs: 1000,
  clock: systemClock,
  logger: createLogger({ service: 'bench', level: 'warn' }),
  metrics: { ...rematch, ended: () => ended.resolve() },
});

let childPeakKiB = 0;
const watch = setInterval(() => {
  childPeakKiB = Math.max(childPeakKiB, ...childrenOf(process.pid).map(peakKiB));
}, 20);
const startedAt = performance.now();
rematcher.wake();
await ended.promise;
const wallMs = performance.now() - startedAt;
await rematcher.stop();
clearInterval(watch);
await summarizer.close();
store.close();
const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
console.log(
  JSON.stringify({
    wallMs,
    ownCpuMs: (userCPUTime + systemCPUTime) / 1000,
    engineCpuMs: endedChildrenCpuMs(),
    ownPeakMiB: maxRSS / 1024,
    enginePeakMiB: childPeakKiB / 1024,
  }),
);

/** User and system time of all children that have ended, theirs included (proc(5): ticks of 10 ms). */
function endedChildrenCpuMs(): number {
  const fields = readFileSync('/proc/self/stat', 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[13]) + Number(fields[14])) * 10;
}

function childrenOf(pid: number): number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
      readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number),
    );
  } catch {
    return [];
  }
}

function peakKiB(pid: number): number {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
  } catch {
    return 0;
  }
}
