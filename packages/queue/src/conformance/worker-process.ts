import { once } from 'node:events';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { createBullQueue } from '../bull/index.ts';
import { createInProcessQueue } from '../in-process/queue.ts';
import type { JobQueue } from '../port.ts';
import { aborted, testPorts } from './test-ports.ts';

// Run by the crash tests: works on jobs of kind "test" until it is killed, and says what its handlers do.
// Arguments: `in-process FILE` or `bull JSON` with the options of createBullQueue.

const [adapter, where = ''] = process.argv.slice(2);
const queue: JobQueue =
  adapter === 'in-process'
    ? createInProcessQueue({ file: where }, testPorts())
    : await createBullQueue(JSON.parse(where) as Parameters<typeof createBullQueue>[0], testPorts());

queue.work('test', { concurrency: 2 }, async (job) => {
  process.stdout.write(`started ${job.key}\n`);
  if (job.key === 'hang') await aborted(job.signal);
  await sleep(Number(job.payload['ms'] ?? 0));
  process.stdout.write(`finished ${job.key}\n`);
  return 'in another process';
});

// The queue's timers do not keep a process alive; its killer does the rest.
const forever = setInterval(() => undefined, 60_000);
await once(process, 'SIGTERM');
clearInterval(forever);
