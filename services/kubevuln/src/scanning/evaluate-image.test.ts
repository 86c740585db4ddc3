import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { createFakeMatcher, createFakeSbomEngine } from '@kso/engines';
import { noopTracer, readOutgoing, systemClock } from '@kso/kit';
import { createRegistryClient, type FailedResolution, type Resolution } from '@kso/registry';
import { createMemoryStore } from '@kso/store';
import { ImageScanJob } from '@kso/wire';
import { afterEach, expect, it } from 'vitest';
import { createSummarizer } from '../summary/summarizer.ts';
import { startDeadline } from './deadline.ts';
import { createImageEvaluator } from './evaluate-image.ts';
import type { LocateRequest } from './locate-image.ts';
import type { EvaluateRequest } from './request.ts';
import { createSbomCache } from './sbom-cache.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

const digest = `sha256:${'a'.repeat(64)}`;
const reference = { written: 'r/app', registry: 'r.example.com', repository: 'app', digest };
const platform = { os: 'linux', architecture: 'amd64' };
const resolved: Resolution = { outcome: 'resolved', image: { digest, platform, layers: [], compressedBytes: 0 } };
const refused: FailedResolution = { outcome: 'unauthorized', registry: 'r.example.com', detail: 'HTTP 401' };

/** An evaluator for one image whose identity is known, so that the registry is only asked for the pull. */
async function start(resolve: (request: LocateRequest) => Promise<Resolution>) {
  const directory = await mkdtemp(join(tmpdir(), 'kso-evaluate-'));
  const registry = createRegistryClient({ outgoing: readOutgoing({}), clock: systemClock });
  const summarizer = createSummarizer();
  cleanups.push(
    () => rm(directory, { recursive: true, force: true }),
    () => registry.close(),
    () => summarizer.close(),
  );
  const evaluator = createImageEvaluator({
    sbomEngine: createFakeSbomEngine({
      answer: () => ({ artifacts: [], source: { type: 'image' }, descriptor: { name: 'syft', version: 'v1' } }),
    }),
    matcher: createFakeMatcher({ answer: () => ({ matches: [] }) }),
    registry,
    summarizer,
    scratchRoot: join(directory, 'scratch'),
    now: Date.now,
    tracer: noopTracer,
    locator: {
      locate: () =>
        Promise.resolve({
          outcome: 'located',
          digest,
          platform: 'linux/amd64',
          source: { type: 'registry', reference },
        }),
      resolve: (_reference, _platform, request) => resolve(request),
    },
    sboms: createSbomCache(join(directory, 'sboms'), 1_000_000),
    results: createMemoryStore().results,
    limits: { maxImageBytes: 1000, maxSbomBytes: 100_000, maxResultBytes: 100_000 },
  });
  return (username: string) => {
    const deadline = startDeadline(20_000, new AbortController().signal, Date.now);
    cleanups.push(() => deadline.release());
    const request: EvaluateRequest = {
      job: ImageScanJob.parse({ imageTag: 'r.example.com/app:1' }),
      credentials: [{ username }],
      deadline,
      signal: deadline.signal,
      remainingMs: () => deadline.remainingMs(),
      onPhase: () => Promise.resolve(),
    };
    return evaluator.evaluate(request);
  };
}

it('a job that shared the pull of another one is not refused for the login of that one', async () => {
  const gate = Promise.withResolvers<void>();
  const asked: (string | undefined)[] = [];
  const evaluate = await start(async ({ credentials: [login] }) => {
    asked.push(login?.username);
    await gate.promise;
    return login?.username === 'good' ? resolved : refused;
  });
  const first = evaluate('expired');
  await nextTurn();
  const second = evaluate('good');
  await nextTurn();
  gate.resolve();
  expect(await first).toMatchObject({ outcome: 'notEvaluated', reason: 'unauthorized' });
  expect(await second).toMatchObject({ outcome: 'evaluated' });
  expect(asked).toEqual(['expired', 'good']);
});

it('jobs that are all refused end', async () => {
  const evaluate = await start(() => Promise.resolve(refused));
  const outcomes = await Promise.all(['a', 'b', 'c'].map(evaluate));
  expect(outcomes.map(({ outcome }) => outcome)).toEqual(['notEvaluated', 'notEvaluated', 'notEvaluated']);
});
