import type { Worker } from 'node:worker_threads';
import type { BasePorts, Logger } from '@kso/kit';
import type { JobQueue } from '@kso/queue';
import type { SuiteConfig } from '../config.ts';
import type { DataFolders } from '../data/folders.ts';
import type { Stack } from '../stack.ts';
import type { Backend } from './backend.ts';

/** What every part of the suite is built from. */
export interface Context {
  readonly config: SuiteConfig;
  readonly folders: DataFolders;
  readonly ports: BasePorts & {
    readonly loggerFor: (service: string) => Logger;
    readonly scannerThread?: Worker | undefined;
  };
  readonly stack: Stack;
}

/** A part that works on the queue and reports to the CloudEndpoint. */
export interface WorkingContext extends Context {
  readonly queue: JobQueue;
  readonly backend: Backend;
}

/** The ports with a log of the part's own name. */
export function portsOf({ ports }: Context, service: string): BasePorts {
  const { metrics, tracer, clock, loggerFor } = ports;
  return { metrics, tracer, clock, logger: loggerFor(service) };
}
