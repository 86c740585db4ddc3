// Loaded into a measured process by `--import`: writes what it used when it ends.
import { writeFileSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';

const file = process.env['KSO_BENCH_USAGE'];
if (isMainThread && file !== undefined) {
  // Programs that the process starts are measured apart, not by overwriting its numbers.
  delete process.env['KSO_BENCH_USAGE'];
  process.once('exit', () => {
    const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage();
    writeFileSync(file, JSON.stringify({ maxRSS, cpu: userCPUTime + systemCPUTime }));
  });
}
