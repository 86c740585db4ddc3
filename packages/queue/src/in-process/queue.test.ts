import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { testPorts } from '../conformance/test-ports.ts';
import { jobQueueConformance } from '../conformance.ts';
import type { JobQueue } from '../port.ts';
import { createInProcessQueue } from './queue.ts';

jobQueueConformance('in process', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'kso-queue-'));
  const file = path.join(folder, 'queue.db');
  const opened: JobQueue[] = [];
  return {
    shared: false,
    processArguments: ['in-process', file],
    open({ ports, ...settings } = {}) {
      const queue = createInProcessQueue({ abortGraceMs: 200, ...settings, file }, testPorts(ports));
      opened.push(queue);
      return queue;
    },
    async dispose() {
      for (const queue of opened) await queue.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
});
