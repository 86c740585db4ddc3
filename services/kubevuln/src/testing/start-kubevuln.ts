import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createFakeMatcher,
  createFakeSbomEngine,
  type FakeMatches,
  type FakeSbom,
  type SyftDocument,
} from '@kso/engines';
import { createLogger, createMetrics, loadConfig, noopTracer, readOutgoing, systemClock } from '@kso/kit';
import { createInProcessQueue, type JobQueue, type JobRecord } from '@kso/queue';
import { createCredentialSealer, createRegistryClient } from '@kso/registry';
import { type FakeRegistryOptions, startFakeRegistry } from '@kso/registry/testing';
import { createMemoryStore, type QueuedEntry } from '@kso/store';
import { until } from '@kso/testkit';
import { buildImage, buildIndex, layer } from '@kso/testkit/images';
import { ImageScanRecord, imageScanRecordKind } from '@kso/wire';
import type { LightMyRequestResponse } from 'fastify';
import { kubevulnConfig } from '../config.ts';
import { createKubevuln, type KubevulnPorts } from '../service.ts';

export const cart = buildImage({ layers: [layer([{ type: 'file', path: 'cart', content: '1' }])] });
export const arm = buildImage({
  platform: 'linux/arm64',
  layers: [layer([{ type: 'file', path: 'cart', content: '2' }])],
});
export const windows = buildImage({ platform: 'windows/amd64', layers: [] });

export const sbomOf = (name: string): SyftDocument => ({
  artifacts: [{ name, version: '2.10', type: 'python' }],
  source: { type: 'image', metadata: { imageSize: 10 } },
  distro: { id: 'debian', versionID: '12' },
  descriptor: { name: 'syft', version: 'v1.57.0' },
});
export const oneFinding: FakeMatches = {
  matches: [
    {
      vulnerability: { id: 'CVE-2019-10906', severity: 'High', fix: { state: 'fixed', versions: ['2.10.1'] } },
      artifact: { name: 'jinja2', version: '2.10', type: 'python' },
    },
  ],
};
export const password = `p[a<s#s(w~K%o|r?d&'"$x`;
export const workload = 'wlid://cluster-c/namespace-shop/deployment-cart';

const cleanups: (() => Promise<unknown>)[] = [];

/** Ends all that `startKubevuln` has started: for `afterEach`. */
export async function stopAllKubevulns(): Promise<void> {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
}

export interface StartOptions {
  readonly config?: Record<string, unknown>;
  readonly registry?: FakeRegistryOptions;
  readonly sbom?: () => FakeSbom | Promise<FakeSbom>;
  readonly noDatabase?: boolean;
  readonly engineMissing?: boolean;
  readonly matches?: FakeMatches;
  readonly ports?: Partial<Pick<KubevulnPorts, 'askExceptions' | 'clusterExceptions' | 'profiles' | 'workerTokens'>>;
}

/** The service with fake engines, a fake registry, a queue in this process and a store in memory. */
export async function startKubevuln(options: StartOptions = {}) {
  const directory = await mkdtemp(join(tmpdir(), 'kso-kubevuln-'));
  cleanups.push(() => rm(directory, { recursive: true, force: true }));
  const registry = await startFakeRegistry(options.registry);
  registry.push('shop/cart', '1', cart);
  registry.push('multi', '1', buildIndex([cart, arm]));
  registry.push('win', '1', windows);
  cleanups.push(() => registry.stop());

  const lines: string[] = [];
  const logger = createLogger({
    service: 'test',
    level: 'debug',
    destination: { write: (line: string) => void lines.push(line) },
  });
  const base = { logger, metrics: createMetrics(), tracer: noopTracer, clock: systemClock };
  const journal = join(directory, 'journal.db');
  const queue = createInProcessQueue({ file: journal }, base);
  const store = createMemoryStore();
  const sbomEngine = createFakeSbomEngine({ answer: options.sbom ?? (() => sbomOf('jinja2')) });
  const missing = { found: 'missing', program: 'syft', howToGet: 'install it' } as const;
  if (options.engineMissing === true) sbomEngine.setStatus(missing);
  const matcher = createFakeMatcher({
    answer: () => options.matches ?? oneFinding,
    ...(options.noDatabase === true ? { database: { state: 'missing', detail: 'database does not exist' } } : {}),
  });
  const client = createRegistryClient({ outgoing: readOutgoing({}), clock: systemClock, stallTimeoutMs: 2000 });
  const { config } = loadConfig(kubevulnConfig, {
    env: {},
    overrides: {
      host: '127.0.0.1',
      port: 0,
      dataDir: directory,
      account: 'acc',
      engineCheckInterval: '50ms',
      databaseUpdate: { enabled: false },
      ...options.config,
    },
  });
  let woken = 0;
  const service = createKubevuln(config, {
    ...base,
    queue,
    store,
    sbomEngine,
    matcher,
    registry: client,
    sealer: createCredentialSealer(Buffer.alloc(32, 7)),
    poster: { wake: () => void (woken += 1) },
    ...options.ports,
  });
  await service.start();
  cleanups.push(
    () => queue.close(),
    () => service.stop(),
    () => client.close(),
  );

  const post = (body: unknown, url = '/v1/scanImage'): Promise<LightMyRequestResponse> =>
    service.app.inject({
      method: 'POST',
      url,
      headers: { 'content-type': 'application/json' },
      payload: typeof body === 'string' ? body : JSON.stringify(body),
    });
  const scan = async (body: Record<string, unknown>, url?: string) => {
    const jobID = `job-${Math.random()}`;
    const answer = await post(
      {
        imageTag: `${registry.host}/shop/cart:1`,
        imageHash: cart.descriptor.digest,
        wlid: workload,
        containerName: 'cart',
        jobID,
        ...body,
      },
      url,
    );
    if (answer.statusCode !== 200) throw new Error(`refused: ${answer.body}`);
    return ended(queue, jobID);
  };
  const entries = (): QueuedEntry[] => {
    const all: QueuedEntry[] = [];
    for (;;) {
      const due = store.outbox.due(Number.MAX_SAFE_INTEGER, 100);
      if (due.length === 0) return all;
      for (const entry of due) store.outbox.delivered(entry.id);
      all.push(...due);
    }
  };
  const records = () =>
    store.results.list(imageScanRecordKind, { limit: 100 }).map(({ body }) => ImageScanRecord.parse(body));
  return {
    service,
    registry,
    queue,
    store,
    sbomEngine,
    matcher,
    lines,
    journal,
    post,
    scan,
    entries,
    records,
    missing,
    directory,
    woken: () => woken,
  };
}

export function ended(queue: JobQueue, jobId: string): Promise<JobRecord> {
  return until(`the end of ${jobId}`, async () => {
    const record = await queue.getByJobId(jobId);
    return record?.finishedAt === undefined ? undefined : record;
  });
}
