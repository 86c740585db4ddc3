import { missingPrograms } from '@kso/testkit/programs';
import { startTestRedis, type TestRedis } from '@kso/testkit/redis';
import { afterAll, beforeAll, describe } from 'vitest';
import { testPorts } from '../conformance/test-ports.ts';
import { jobQueueConformance } from '../conformance.ts';
import type { JobQueue } from '../port.ts';
import { BullQueue, type BullQueueOptions } from './queue.ts';

describe.skipIf(missingPrograms('redis-server') !== undefined)('with Redis', () => {
  let redis: TestRedis;
  beforeAll(async () => {
    redis = await startTestRedis();
  });
  afterAll(() => redis.stop());

  let number = 0;
  jobQueueConformance('BullMQ', async () => {
    number += 1;
    const options: BullQueueOptions = {
      redis: { host: redis.host, port: redis.port },
      prefix: `test-${number}`,
      lockMs: 600,
      pollMs: 100,
      maintenanceMs: 50,
      abortGraceMs: 200,
    };
    const opened: JobQueue[] = [];
    return {
      shared: true,
      processArguments: ['bull', JSON.stringify(options)],
      open({ ports, ...settings } = {}) {
        const queue = new BullQueue({ ...options, ...settings }, testPorts(ports));
        opened.push(queue);
        return queue;
      },
      async dispose() {
        for (const queue of opened) await queue.close();
      },
    };
  });
});
