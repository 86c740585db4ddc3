import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { createPoster, type Poster } from '@kso/delivery';
import {
  type BasePorts,
  createHealthServer,
  createHttpClient,
  type HttpClient,
  loadConfig,
  readOutgoing,
  runMain,
  type Service,
} from '@kso/kit';
import { createBullQueue, createInProcessQueue, type JobQueue } from '@kso/queue';
import { openSqliteStore, type Store } from '@kso/store';
import { type ScannerConfig, scannerConfig } from './config.ts';
import { createPolicyEndpoint, type PolicyEndpoint } from './policy/policy-endpoint.ts';
import { createKubescapeScanner } from './service.ts';

/** The scanner as a process of its own: real queue, store and poster around the service. */
async function create(ports: BasePorts): Promise<Service> {
  const { config } = loadConfig(scannerConfig, { env: process.env, logger: ports.logger });
  mkdirSync(config.dataDir, { recursive: true, mode: 0o750 });
  const store = openSqliteStore({ path: path.join(config.dataDir, 'scanner.db') });
  const queue = await openQueue(config, ports);
  const poster = openPoster(config, store, ports);
  const http = createHttpClient({ outgoing: readOutgoing(process.env) });
  const policyEndpoint = openPolicyEndpoint(config, http);
  const scanner = createKubescapeScanner(config, {
    ...ports,
    store,
    queue,
    ...(poster === undefined ? {} : { wakePoster: () => poster.wake() }),
    ...(policyEndpoint === undefined ? {} : { policyEndpoint }),
  });
  const health = createHealthServer({ ...ports, host: config.host, port: config.healthPort, services: [scanner] });
  return {
    name: scanner.name,
    start: async () => {
      await health.start();
      poster?.start();
      await scanner.start();
    },
    stop: async () => {
      await scanner.stop();
      await poster?.stop();
      await http.close();
      await queue.close();
      store.close();
      await health.stop();
    },
    notReady: () => scanner.notReady?.(),
  };
}

function openQueue({ redis, dataDir }: ScannerConfig, ports: BasePorts): Promise<JobQueue> {
  if (redis === undefined)
    return Promise.resolve(createInProcessQueue({ file: path.join(dataDir, 'queue.db') }, ports));
  const { address, ...login } = redis;
  return createBullQueue({ redis: { ...address, ...login } }, ports);
}

function openPoster({ report }: ScannerConfig, store: Store, ports: BasePorts): Poster | undefined {
  const { url, account, accessKey, submit } = report;
  if (!submit || url === undefined) return undefined;
  return createPoster({
    ...ports,
    outbox: store.outbox,
    service: 'kubescape-scanner',
    target: {
      url,
      ...(account === undefined ? {} : { account }),
      ...(accessKey === undefined ? {} : { accessKey: accessKey.reveal() }),
    },
  });
}

function openPolicyEndpoint({ policy, report }: ScannerConfig, http: HttpClient): PolicyEndpoint | undefined {
  const url = policy.url ?? report.url;
  if (url === undefined) return undefined;
  return createPolicyEndpoint({ url: () => url, http, account: report.account, accessKey: report.accessKey });
}

await runMain(create, { service: 'kubescape-scanner' });
