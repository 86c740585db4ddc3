import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type BasePorts, createHealthServer, type Service } from '@kso/kit';
import type { ScannerEvent } from '@kso/kubescape-scanner';
import { createInProcessQueue, type JobQueue } from '@kso/queue';
import type { SuiteConfig } from './config.ts';
import { makeDataFolders } from './data/folders.ts';
import { lockFolder } from './data/lock.ts';
import { observeQueue } from './jobs/observed-queue.ts';
import { startCloudEndpoint } from './parts/cloud-endpoint.ts';
import type { Context, WorkingContext } from './parts/context.ts';
import { startGateway } from './parts/gateway.ts';
import { type ImagesPart, startImages } from './parts/images.ts';
import { type ScannerPart, startScanner } from './parts/scanner.ts';
import { startScheduler } from './parts/scheduler.ts';
import { createFirstScan, type FirstScan, type ImageProgress, type PostureEnd } from './scan/first-scan.ts';
import { readImageRecords, type SuiteSnapshot } from './scan/snapshot.ts';
import { createStack } from './stack.ts';

export { type SuiteConfig, type SuiteConfigInput, suiteConfig } from './config.ts';
export { suiteErrors } from './errors.ts';
export { defaultPorts, type Listener } from './listeners.ts';
export type { ImageProgress, PostureEnd } from './scan/first-scan.ts';
export type { ImageScans, SuiteSnapshot } from './scan/snapshot.ts';

export interface SuitePorts extends BasePorts {
  /** Read for PATH, the tool cache, proxies. */
  readonly env: NodeJS.ProcessEnv;
}
