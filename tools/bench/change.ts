import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type FakeApiServer, startFakeApiServer } from '@kso/kube/testing';
import type { KubeObject } from '@kso/testkit';
import { quantile } from './measure.ts';
import { generateObjects } from './objects.ts';
import type { BenchResult } from './result.ts';
import { makeScanner } from './scanner.ts';

interface Measured {
  readonly latenciesMs: readonly number[];
  readonly stop: () => Promise<void>;
}

/**
 * From the moment the API server has sent the event of a changed Deployment to the moment its result is stored on disk, with so
 * many objects in the cluster. The API server is one in memory over HTTP in this thread, so that the moment of the event is known.
 */
export async function benchChange(objects: number, changes: number): Promise<BenchResult> {
  const folder = mkdtempSync(path.join(tmpdir(), 'kso-bench-change-'));
  const cluster = await startFakeApiServer();
  const all = generateObjects(objects);
  for (const object of all) cluster.put(object);
  const measured = await measureChanges(folder, cluster, all, changes);
  await measured.stop();
  await cluster.stop();
  rmSync(folder, { recursive: true, force: true });
  const { latenciesMs } = measured;
  return {
    benchmark: 'change',
    input: `${changes} changes, ${objects.toLocaleString('en')} objects`,
    values: {
      'p50 ms': quantile(latenciesMs, 0.5),
      'p99 ms': quantile(latenciesMs, 0.99),
      'max ms': Math.max(...latenciesMs),
    },
  };
}

async function measureChanges(
  folder: string,
  cluster: FakeApiServer,
  objects: readonly KubeObject[],
  changes: number,
): Promise<Measured> {
  const { scanner, stop } = makeScanner(folder, writeKubeconfig(folder, cluster.url));
  const stored = new Map<string, () => void>();
  const watching = Promise.withResolvers<void>();
  scanner.onResult((event) => {
    if (event.type === 'change')
      for (const { namespace, name } of event.changed) stored.get(`${namespace}/${name}`)?.();
    if (event.type === 'state' && event.state.phase === 'watching') watching.resolve();
  });
  await scanner.start();
  await watching.promise;
  // The first state has to be stored as well before single changes are measured.
  const deployments = objects.filter(({ kind }) => kind === 'Deployment');
  const latenciesMs: number[] = [];
  for (let round = -5; round < changes; round += 1) {
    const deployment = deployments[(Math.abs(round) * 37) % deployments.length];
    if (deployment === undefined) continue;
    const { namespace = '', name } = deployment.metadata;
    const done = new Promise<void>((resolve) => stored.set(`${namespace}/${name}`, resolve));
    cluster.put(withHostNetwork(deployment, round % 2 === 0));
    const sentAt = performance.now();
    await done;
    // The first few compile what is hot.
    if (round >= 0) latenciesMs.push(performance.now() - sentAt);
    stored.clear();
  }
  return { latenciesMs, stop };
}

/** The same Deployment with a setting the other way round, so that every change changes a verdict. */
function withHostNetwork(deployment: KubeObject, hostNetwork: boolean): KubeObject {
  const spec = deployment['spec'] as { template: { spec: object } };
  const { template } = spec;
  const labels = { ...deployment.metadata.labels, changed: String(performance.now()) };
  const metadata = { ...deployment.metadata, labels };
  return {
    ...deployment,
    metadata,
    spec: { ...spec, template: { ...template, spec: { ...template.spec, hostNetwork } } },
  };
}

function writeKubeconfig(folder: string, server: string): string {
  const file = path.join(folder, 'kubeconfig');
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'bench', cluster: { server } }],
    users: [{ name: 'bench', user: { token: 'none' } }],
    contexts: [{ name: 'bench', context: { cluster: 'bench', user: 'bench' } }],
    'current-context': 'bench',
  };
  writeFileSync(file, JSON.stringify(config));
  return file;
}
