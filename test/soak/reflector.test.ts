import { mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createLogger, createMetrics, systemClock } from '@kso/kit';
import { createClusterSource, createKubeClient, findConnection } from '@kso/kube';
import { pod, until } from '@kso/testkit';
import { type ControlPlane, controlPlanePrograms, startControlPlane } from '@kso/testkit/control-plane';
import { missingPrograms } from '@kso/testkit/programs';
import type { KubeObject } from '@kso/wire';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type DisturbingProxy, startDisturbingProxy } from './disturbing-proxy.ts';

const minutes = Number(process.env['KSO_SOAK_MINUTES'] ?? 30);
const pods = 100;
const changesPerRound = 60;
/** After a disturbance has ended everything is known again by then. */
const seenWithin = 120_000;
/** Complete lists for each round, in which one disturbance happens: one that it needs, and one that failed. */
const listsPerRound = 3;
/** Requests a second and reflector, also while nothing is answered. */
const requestsPerSecond = 2;
const mayGrowBytes = 16 * 1024 * 1024;
type SourceEvent = Parameters<Parameters<ReturnType<typeof createClusterSource>['watch']>[1]>[0];
const podKind = { group: '', kind: 'Pod' };

type Disturbance = readonly [name: string, run: (world: World) => Promise<void>];

interface World {
  readonly cluster: ControlPlane;
  readonly proxy: DisturbingProxy;
  readonly rotate: () => void;
}

const passing = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
const refusing = (status: number): Disturbance => [
  `answers ${status}`,
  async ({ proxy }) => {
    proxy.refuse(status);
    proxy.cut();
    await passing(3000);
    proxy.refuse(undefined);
  },
];
const disturbances: readonly Disturbance[] = [
  ['cut connections', async ({ proxy }) => proxy.cut()],
  [
    'a black hole',
    async ({ proxy }) => {
      proxy.blackHole(true);
      await passing(8000);
      proxy.blackHole(false);
    },
  ],
  refusing(410),
  refusing(429),
  refusing(500),
  [
    'a new token',
    async ({ rotate, proxy }) => {
      rotate();
      proxy.cut();
    },
  ],
  ['a new API server', async ({ cluster }) => cluster.restartApiServer()],
];

/** A token file as the kubelet swaps it: by a link. */
function tokenFile(folder: string, proxy: DisturbingProxy) {
  const file = path.join(folder, 'token');
  let generation = 0;
  const rotate = () => {
    generation += 1;
    const token = `token-${generation}`;
    writeFileSync(path.join(folder, token), token);
    symlinkSync(path.join(folder, token), `${file}.new`);
    renameSync(`${file}.new`, file);
    proxy.accept(token);
  };
  rotate();
  return { file, rotate };
}

function heapBytes(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return process.memoryUsage().heapUsed;
}

async function freshList({ client }: ControlPlane): Promise<ReadonlyMap<string, string>> {
  const { items } = (await client.http.json('/api/v1/namespaces/soak/pods')) as { items: readonly KubeObject[] };
  return new Map(items.map(({ metadata }) => [metadata.name, metadata.resourceVersion ?? '']));
}

async function change({ client }: ControlPlane): Promise<void> {
  const one = pod({ name: `pod-${Math.floor(Math.random() * pods)}`, namespace: 'soak' });
  const what = Math.random();
  // While the server restarts nothing changes.
  if (what < 0.3) await client.delete(one).catch(() => {});
  else
    await client.apply([{ ...one, metadata: { ...one.metadata, labels: { at: String(Date.now()) } } }]).catch(() => {});
}

describe.skipIf(missingPrograms(...controlPlanePrograms))('a reflector in a long and troubled life', () => {
  it(`${minutes} minutes: its view equals a fresh list after each trouble, without a storm, and memory stays`, async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'kso-soak-reflector-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const cluster = await startControlPlane();
    onTestFinished(() => cluster.stop());
    await cluster.client.createNamespace('soak');
    const proxy = await startDisturbingProxy({
      url: cluster.url,
      ca: readFileSync(cluster.caFile, 'utf8'),
      // One with rights that a server has to know: an administrator may everything from the beginning.
      token: await cluster.mintToken({
        name: 'soak',
        rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['list', 'watch'] }],
      }),
    });
    onTestFinished(() => proxy.stop());
    const { file, rotate } = tokenFile(folder, proxy);
    const kubeconfig = path.join(folder, 'kubeconfig');
    writeFileSync(kubeconfig, JSON.stringify(kubeconfigOf(proxy.url, file)));

    const ports = {
      clock: systemClock,
      logger: createLogger({ service: 'soak', level: 'silent' }),
      metrics: createMetrics(),
    };
    const client = createKubeClient(await findConnection({ env: {}, clock: systemClock, kubeconfig }), {
      ...ports,
      userAgent: 'kso-soak',
    });
    const stop = new AbortController();
    onTestFinished(async () => {
      stop.abort();
      await client.close();
    });
    const view = new Map<string, string>();
    const unexpected: string[] = [];
    const onEvent = (event: SourceEvent) => {
      if (event.type !== 'added' && event.type !== 'modified' && event.type !== 'deleted') return;
      const { name, resourceVersion = '' } = event.object.metadata;
      // Each event is one that the view before it allows.
      if ((event.type === 'added') === view.has(name)) unexpected.push(`${event.type} ${name}`);
      if (event.type === 'deleted') view.delete(name);
      else view.set(name, resourceVersion);
    };
    const source = createClusterSource(
      { ...ports, client },
      // A silent watch is given up sooner than usual, so that a round takes seconds.
      {
        settings: { livenessMs: 70_000, healthyAfterMs: 5000, backoff: { baseMs: 200, maxMs: 5000 } },
        filter: { namespace: 'soak' },
      },
    );
    await source.watch([podKind], onEvent, stop.signal);

    const begun = Date.now();
    const memory: number[] = [];
    const slow: string[] = [];
    for (let round = 0; Date.now() < begun + minutes * 60_000; round += 1) {
      const [name, disturb] = disturbances[round % disturbances.length] ?? ['', () => Promise.resolve()];
      const troubled = disturb({ cluster, proxy, rotate });
      for (let index = 0; index < changesPerRound; index += 1) await change(cluster);
      await troubled;
      await change(cluster);
      const endedAt = Date.now();
      let missed = 'not looked yet';
      await until(
        `the view after ${name}`,
        async () => {
          missed = differenceOf(view, await freshList(cluster));
          return missed === '';
        },
        { within: seenWithin, every: 100 },
      ).catch(() => {});
      expect(missed, `after ${name}`).toBe('');
      slow.push(`${name} ${((Date.now() - endedAt) / 1000).toFixed(1)} s`);
      memory.push(heapBytes());
    }
    const text = await ports.metrics.registry.metrics();
    const lists = sumOf(text, 'kso_kube_lists_total');
    const [rounds, seconds] = [memory.length, (Date.now() - begun) / 1000];
    const grown = (memory.at(-1) ?? 0) - (memory[Math.floor(memory.length / 3)] ?? 0);
    console.log(
      `${rounds} rounds, ${lists} lists, ${proxy.requests} requests in ${Math.round(seconds)} s, ` +
        `${Math.round(grown / 1024)} KiB more; known again after: ${slow.join(', ')}`,
    );
    expect(unexpected).toEqual([]);
    expect(lists).toBeLessThanOrEqual(1 + rounds * listsPerRound);
    expect(proxy.requests / seconds).toBeLessThan(requestsPerSecond);
    expect(grown).toBeLessThan(mayGrowBytes);
  });
});

function differenceOf(view: ReadonlyMap<string, string>, fresh: ReadonlyMap<string, string>): string {
  const names = new Set([...view.keys(), ...fresh.keys()]);
  return [...names].filter((name) => view.get(name) !== fresh.get(name)).join(' ');
}

function sumOf(text: string, metric: string): number {
  const lines = text.split('\n').filter((line) => line.startsWith(`${metric}{`));
  return lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
}

const kubeconfigOf = (server: string, file: string) => ({
  apiVersion: 'v1',
  kind: 'Config',
  clusters: [{ name: 'soak', cluster: { server } }],
  users: [{ name: 'soak', user: { tokenFile: file } }],
  contexts: [{ name: 'soak', context: { cluster: 'soak', user: 'soak' } }],
  'current-context': 'soak',
});
