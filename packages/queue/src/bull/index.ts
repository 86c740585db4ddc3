import type { BasePorts } from '@kso/kit';
import type { JobQueue } from '../port.ts';
import type { BullQueueOptions } from './queue.ts';

export type { RedisTarget } from './connection-options.ts';
export type { BullQueueOptions } from './queue.ts';

/**
 * The queue on BullMQ and Redis, for services that are processes of their own. Does not wait for Redis.
 * Asynchronous because BullMQ costs 30 MB and is loaded by who uses it only.
 */
export async function createBullQueue(options: BullQueueOptions, ports: BasePorts): Promise<JobQueue> {
  const { BullQueue } = await import('./queue.ts');
  return new BullQueue(options, ports);
}
