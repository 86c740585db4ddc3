import { createLogger, createMetrics, type Logger, noopTracer, readOutgoing, systemClock } from '@kso/kit';
import { createKubeClient } from '@kso/kube';
import { type FakeApiServer, startFakeApiServer } from '@kso/kube/testing';
import { onTestFinished } from 'vitest';
import type { InventoryPorts } from '../agent/inventory-run.ts';
import { loadInventoryConfig } from '../config/load.ts';
import { type AnchoreServer, startAnchoreServer } from './anchore-server.ts';

export const silent: Logger = createLogger({ service: 'test', level: 'silent' });

export function configOf(flags: Readonly<Record<string, unknown>> = {}, env: Readonly<Record<string, string>> = {}) {
  return loadInventoryConfig({ flags, env, cwd: '/nonexistent', home: '/nonexistent' }).config;
}

export async function startCluster(): Promise<FakeApiServer> {
  const cluster = await startFakeApiServer();
  onTestFinished(() => cluster.stop());
  return cluster;
}

export async function startAnchore(): Promise<AnchoreServer> {
  const server = await startAnchoreServer();
  onTestFinished(() => server.stop());
  return server;
}

export function portsOf(cluster: FakeApiServer, over: Partial<InventoryPorts> = {}): InventoryPorts {
  const clock = over.clock ?? systemClock;
  const client = createKubeClient(cluster.connection(), { clock: systemClock, userAgent: 'kso-inventory' });
  onTestFinished(() => client.close());
  const outgoing = readOutgoing({});
  return { logger: silent, metrics: createMetrics(), tracer: noopTracer, clock, client, outgoing, ...over };
}
