import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFakeSbomEngine, type FakeSbom, type SbomSource } from '@kso/engines';
import {
  configuredTokens,
  createHttpClient,
  createLogger,
  createMetrics,
  loadConfig,
  noopTracer,
  readOutgoing,
  rotatingToken,
  Secret,
  systemClock,
} from '@kso/kit';
import { until } from '@kso/testkit';
import { afterEach, expect, it } from 'vitest';
import { kubevulnConfig } from '../config.ts';
import { cart, password, sbomOf, startKubevuln, stopAllKubevulns } from '../testing/start-kubevuln.ts';
import { workerConfig } from './config.ts';
import { createOwner } from './owner.ts';
import { SbomJob, sbomJobKind } from './protocol.ts';
import { createKubevulnWorker } from './worker.ts';

const token = 'token-of-the-workers';
const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
  await stopAllKubevulns();
});

type Owner = Awaited<ReturnType<typeof startKubevuln>>;

/** Kubevuln that orders SBOMs; its own engine would name another package. */
function startOwner({
  takeWithin = '1m',
  ...options
}: Parameters<typeof startKubevuln>[0] & { takeWithin?: string } = {}) {
  return startKubevuln({
    sbom: () => sbomOf('made-by-owner'),
    ...options,
    ports: { workerTokens: configuredTokens([new Secret(token)], 'worker') },
    config: { workers: { enabled: true, access: { token }, takeWithin }, ...options.config },
  });
}

interface WorkerOptions {
  readonly sbom?: (source: SbomSource) => FakeSbom | Promise<FakeSbom>;
  readonly version?: string;
  readonly shownToken?: string;
}

async function startWorker(
  owner: Owner,
  { sbom = () => sbomOf('jinja2'), version, shownToken = token }: WorkerOptions = {},
) {
  const directory = await mkdtemp(join(tmpdir(), 'kso-worker-'));
  const tokenFile = join(directory, 'token');
  await writeFile(tokenFile, shownToken);
  const lines: string[] = [];
  const logger = createLogger({
    service: 'worker',
    level: 'debug',
    destination: { write: (line: string) => void lines.push(line) },
  });
  const { config } = loadConfig(workerConfig, {
    env: {},
    overrides: { owner: owner.service.url, tokenFile, redis: { address: '127.0.0.1:1' }, dataDir: directory },
  });
  const http = createHttpClient({ outgoing: readOutgoing({}) });
  const sbomEngine = createFakeSbomEngine({ answer: sbom, ...(version === undefined ? {} : { version }) });
  const worker = createKubevulnWorker(config, {
    logger,
    metrics: createMetrics(),
    tracer: noopTracer,
    clock: systemClock,
    queue: owner.queue,
    sbomEngine,
    owner: createOwner({
      http,
      url: new URL(config.owner),
      token: rotatingToken(tokenFile),
      clock: systemClock,
      budgetMs: 100,
    }),
  });
  await worker.start();
  cleanups.push(
    () => rm(directory, { recursive: true, force: true }),
    () => http.close(),
    () => worker.stop(),
  );
  return { worker, sbomEngine, lines, scratch: () => readdir(join(directory, 'scratch')) };
}

it('a worker makes the SBOM, and the owner keeps what comes of it', async () => {
  const owner = await startOwner();
  const { sbomEngine, lines, scratch } = await startWorker(owner);
  const job = await owner.scan({ parentJobID: 'command-1' });
  expect(job.result).toMatchObject({ findings: 1, packages: 1 });
  expect(owner.sbomEngine.requests).toHaveLength(0);
  expect(sbomEngine.requests).toHaveLength(1);
  expect(await scratch()).toEqual([]);
  const ended = await until('its log', () => lines.find((line) => line.includes('order for an SBOM ended')));
  expect(JSON.parse(ended)).toMatchObject({ jobId: job.jobId, parentId: 'command-1', outcome: 'created' });
  // The next one is answered out of what is kept.
  await owner.scan({ containerName: 'other' });
  expect(sbomEngine.requests).toHaveLength(1);
});

it('an image that is asked for twice at a time is made once, by one of two workers', async () => {
  const owner = await startOwner();
  const gate = Promise.withResolvers<void>();
  const sbom = async () => {
    await gate.promise;
    return sbomOf('jinja2');
  };
  const workers = [await startWorker(owner, { sbom }), await startWorker(owner, { sbom })];
  const scans = ['one', 'two', 'three'].map((containerName) => owner.scan({ containerName }));
  const made = () => workers.flatMap(({ sbomEngine }) => sbomEngine.requests).length;
  await until('the first order', () => made() === 1 || undefined);
  gate.resolve();
  expect((await Promise.all(scans)).map(({ state }) => state)).toEqual(['succeeded', 'succeeded', 'succeeded']);
  expect(made()).toBe(1);
});

it('what an image does to a worker is the reason of its result', async () => {
  const owner = await startOwner();
  await startWorker(owner, { sbom: () => ({ outcome: 'imageTooLarge', limitBytes: 7 }) });
  await owner.scan({});
  expect(owner.records()).toMatchObject([
    { state: 'notEvaluated', reason: 'imageTooLarge', detail: 'the image is larger than 7 bytes (maxImageSize)' },
  ]);
  expect(owner.sbomEngine.requests).toHaveLength(0);
});

it('the owner makes what no worker takes', async () => {
  const owner = await startOwner({ takeWithin: '10ms' });
  const job = await owner.scan({});
  expect(job.state).toBe('succeeded');
  expect(owner.sbomEngine.requests).toHaveLength(1);
  expect(await owner.queue.list({ kind: sbomJobKind, states: ['waiting', 'active'], limit: 10 })).toEqual([]);
});

it.each([
  ['of another version', { version: 'v1.0.0' }],
  ['whose token is not accepted', { shownToken: 'guessed' }],
])('the owner makes what a worker %s cannot', async (_which, options) => {
  const owner = await startOwner({ takeWithin: '10ms' });
  const { sbomEngine } = await startWorker(owner, options);
  expect((await owner.scan({})).state).toBe('succeeded');
  expect(owner.sbomEngine.requests).toHaveLength(1);
  expect(sbomEngine.requests).toHaveLength(0);
});

it('a worker without an engine does not start, and says why', async () => {
  const owner = await startOwner();
  const missing = { found: 'missing', program: 'syft', howToGet: 'install it' } as const;
  const { worker, sbomEngine } = await startWorker(owner);
  await worker.stop();
  sbomEngine.setStatus(missing);
  await expect(worker.start()).rejects.toMatchObject({ code: 'WORKER_WITHOUT_ENGINE' });
});

it('logins are in orders only: not in the queue, not in logs, and not for others', async () => {
  const owner = await startOwner({ registry: { login: { scheme: 'basic', username: 'robot', password } } });
  const seen = Promise.withResolvers<SbomSource>();
  const gate = Promise.withResolvers<void>();
  const worker = await startWorker(owner, {
    sbom: async (source) => {
      seen.resolve(source);
      await gate.promise;
      return sbomOf('jinja2');
    },
  });
  const serveraddress = owner.registry.host;
  const scan = owner.scan({ credentialsList: [{ serveraddress, username: 'robot', password }] });
  expect(await seen.promise).toMatchObject({
    credentials: [{ authority: serveraddress, username: 'robot', password }],
  });

  const [job] = await owner.queue.list({ kind: sbomJobKind, limit: 1 });
  expect(JSON.stringify(job)).not.toContain('robot');
  const path = `/v1/workers/orders/${SbomJob.parse(job?.payload).order}`;
  expect((await owner.service.app.inject(path)).statusCode).toBe(401);
  const wrong = { authorization: 'Bearer guessed' };
  expect((await owner.service.app.inject({ url: path, headers: wrong })).statusCode).toBe(401);
  const answer = await owner.service.app.inject({ url: path, headers: { authorization: `Bearer ${token}` } });
  expect(answer.json()).toMatchObject({ source: { reference: expect.stringContaining(cart.descriptor.digest) } });

  gate.resolve();
  expect((await scan).state).toBe('succeeded');
  const written = JSON.stringify([...owner.lines, ...worker.lines]);
  for (const hidden of [password, JSON.stringify(password).slice(1, -1), token]) expect(written).not.toContain(hidden);
});

it('without tokens to check there are no orders to be had', async () => {
  const owner = await startKubevuln();
  expect((await owner.service.app.inject('/v1/workers/orders/x')).statusCode).toBe(404);
  expect(() => loadConfigOfOwner({ workers: { enabled: true } })).toThrow(/workers need a token or accounts/);
});

function loadConfigOfOwner(overrides: Record<string, unknown>) {
  return loadConfig(kubevulnConfig, { env: {}, overrides });
}
