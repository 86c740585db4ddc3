export { type BullQueueOptions, createBullQueue, type RedisTarget } from './bull/index.ts';
export { parseRedisUrl } from './bull/redis-url.ts';
export { errors as queueErrors } from './errors.ts';
export { createInProcessQueue, type InProcessQueueOptions } from './in-process/queue.ts';
export * from './port.ts';
export type { QueueSettings } from './settings.ts';
