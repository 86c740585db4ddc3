import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { ObjectSource } from '@kso/domain';
import { createLogger, createMetrics, type Logger, loadConfig, noopTracer, systemClock } from '@kso/kit';
import { createInProcessQueue, type JobQueue } from '@kso/queue';
import { createMemoryStore, type Store } from '@kso/store';
import { type ScannerConfig, scannerConfig } from '../config.ts';
import type { PolicyEndpoint } from '../policy/policy-endpoint.ts';
import { createKubescapeScanner, type KubescapeScanner, type ScannerPorts } from '../service.ts';
import { inThread } from './in-thread.ts';

export interface ScannerUnderTest {
  readonly scanner: KubescapeScanner;
  readonly queue: JobQueue;
  readonly store: Store;
  readonly url: string;
  fetch(pathAndQuery: string, init?: RequestInit): Promise<Response>;
  stop(): Promise<void>;
}

export interface ScannerTestOptions {
  readonly source?: ObjectSource;
  readonly overrides?: Readonly<Record<string, unknown>>;
  readonly createThread?: ScannerPorts['createThread'];
  readonly store?: Store;
  readonly policyEndpoint?: PolicyEndpoint;
  /** Silent by default. */
  readonly logger?: Logger;
  /** File of the queue's journal, for a scanner that is started again; in memory by default. */
  readonly queueFile?: string;
}

/** A scanner on a free port with queue and store in memory; its thread is the test's unless the test says otherwise. */
export async function startScanner(options: ScannerTestOptions): Promise<ScannerUnderTest> {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'kso-scanner-'));
  const config: ScannerConfig = loadConfig(scannerConfig, {
    env: {},
    overrides: { host: '127.0.0.1', port: 0, dataDir, clusterName: 'test', ...options.overrides },
  }).config;
  const base = {
    logger: options.logger ?? createLogger({ service: 'test', level: 'silent' }),
    metrics: createMetrics(),
    tracer: noopTracer,
    clock: systemClock,
  };
  const queue = createInProcessQueue({ file: options.queueFile ?? ':memory:' }, base);
  const store = options.store ?? createMemoryStore({});
  const createThread = options.createThread ?? (options.source === undefined ? undefined : inThread(options.source));
  const scanner = createKubescapeScanner(config, {
    ...base,
    queue,
    store,
    ...(createThread === undefined ? {} : { createThread }),
    ...(options.policyEndpoint === undefined ? {} : { policyEndpoint: options.policyEndpoint }),
  });
  await scanner.start();
  const url = scanner.url ?? '';
  return {
    scanner,
    queue,
    store,
    url,
    fetch: (pathAndQuery, init) => fetch(url + pathAndQuery, init),
    stop: async () => {
      await scanner.stop();
      await queue.close();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}
