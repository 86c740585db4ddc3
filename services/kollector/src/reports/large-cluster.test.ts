import { createLogger, systemClock } from '@kso/kit';
import type { KubeObject } from '@kso/wire';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createClusterState } from './cluster-state.ts';
import { createPendingChanges } from './pending-changes.ts';
import { reportFrames } from './report-frames.ts';

const maxBytes = 4 * 1024 * 1024;

const deploymentOf = (name: string, namespace: string): KubeObject => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name, namespace, annotations: { note: 'x'.repeat(500) } },
  spec: { template: { spec: { containers: [{ name: 'app', image: `registry.example.com/${name}:1` }] } } },
});

function podOf(workload: number, index: number): KubeObject {
  const owner = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: `web-${workload}-1`, controller: true };
  const env = Array.from({ length: 20 }, (_, n) => ({ name: `SETTING_${n}`, value: `value ${workload} ${n}` }));
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: `web-${workload}-${index}`, namespace: `shop-${workload % 50}`, ownerReferences: [owner] },
    spec: {
      nodeName: `n-${index}`,
      containers: [{ name: 'app', image: `registry.example.com/web-${workload}:1`, env }],
    },
    status: { phase: 'Running', podIP: `10.0.${workload % 256}.${index}` },
  };
}

/** The state with a cluster behind it that answers owners from memory. */
function start() {
  const pending = createPendingChanges(() => 0);
  const stop = new AbortController();
  onTestFinished(() => stop.abort());
  let lookups = 0;
  const state = createClusterState(
    { wantsNamespace: () => true, ownerData: 'full', secrets: false },
    {
      clock: systemClock,
      logger: createLogger({ service: 'test', level: 'silent' }),
      pending,
      signal: stop.signal,
      reader: {
        topOwner: async ({ metadata }) => {
          lookups += 1;
          return { apiVersion: 'apps/v1', kind: 'Deployment', name: metadata.name.replace(/-\d+$/, '') };
        },
        get: async (_kind, namespace = '', name) => ({ outcome: 'found', object: deploymentOf(name, namespace) }),
      },
    },
  );
  return { state, pending, lookups: () => lookups };
}

describe('18.14 a cluster of 10,000 pods', () => {
  it('is told in frames below 4 MiB, and owners are looked up once for each workload', async () => {
    const { state, lookups } = start();
    const before = process.memoryUsage().rss;
    for (let workload = 0; workload < 2000; workload += 1)
      for (let index = 0; index < 5; index += 1) state.onEvent({ type: 'added', object: podOf(workload, index) });
    await state.idle();
    expect(lookups()).toBe(2000);
    const seen = { pods: 0, workloads: 0 };
    for (const frame of reportFrames(state.snapshot(), { isFirst: true, maxBytes })) {
      expect(Buffer.byteLength(frame)).toBeLessThanOrEqual(maxBytes);
      const { pod, microservice } = JSON.parse(frame) as Record<string, { create: unknown[] } | undefined>;
      seen.pods += pod?.create.length ?? 0;
      seen.workloads += microservice?.create.length ?? 0;
    }
    expect(seen).toEqual({ pods: 10_000, workloads: 2000 });
    expect(process.memoryUsage().rss - before).toBeLessThan(300 * 1024 * 1024);
  });

  it('leaves nothing behind when all of it goes', async () => {
    const { state } = start();
    const pods = Array.from({ length: 500 }, (_, n) => podOf(Math.floor(n / 5), n % 5));
    for (const object of pods) state.onEvent({ type: 'added', object });
    await state.idle();
    for (const object of pods) state.onEvent({ type: 'deleted', object });
    expect(state.counts()).toMatchObject({ pod: 0, microservice: 100 });
    expect(state.snapshot().filter(({ section }) => section === 'pod')).toEqual([]);
  });
});
