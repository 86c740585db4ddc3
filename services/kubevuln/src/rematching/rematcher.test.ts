import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import {
  createFakeSbomEngine,
  createGrype,
  type MatchOutcome,
  type MatchRequest,
  type VulnerabilityMatcher,
  writeGrypeDatabase,
} from '@kso/engines';
import { createLogger, createMetrics, systemClock } from '@kso/kit';
import { createMemoryStore } from '@kso/store';
import { until } from '@kso/testkit';
import { advisory, jinjaAdvisory } from '@kso/testkit/grype-database';
import { missingPrograms } from '@kso/testkit/programs';
import {
  ContainerScanReport,
  ImageMatches,
  ImageScanRecord,
  imageMatchesKey,
  imageMatchesKind,
  imageScanRecordKind,
  type JsonValue,
} from '@kso/wire';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createScanMetrics } from '../metrics.ts';
import { createRecorder, type Recorder } from '../results/recorder.ts';
import { createSbomCache } from '../scanning/sbom-cache.ts';
import { createSummarizer } from '../summary/summarizer.ts';
import { createRematcher, type RematcherOptions } from './rematcher.ts';

const flaskAdvisory = advisory({
  id: 'GHSA-flask',
  cve: 'CVE-2025-1',
  ecosystem: 'PyPI',
  package: 'flask',
  fixed: '3.0',
});
const platform = 'linux/amd64';

/** Every image has Jinja2; every second one has Flask too, which only the second database knows. */
const images = Array.from({ length: 6 }, (_, index) => ({
  digest: `sha256:${String(index).padStart(64, '0')}`,
  packages: index % 2 === 0 ? ['jinja2@2.10'] : ['jinja2@2.10', 'flask@1.0'],
}));

const missing = missingPrograms('grype');
describe.skipIf(missing !== undefined)('rematcher', () => {
  let directory = '';
  let first: VulnerabilityMatcher;
  let second: VulnerabilityMatcher;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'kso-rematch-'));
    first = await matcherWith('first', [jinjaAdvisory], '2026-11-01T00:00:00Z');
    second = await matcherWith('second', [jinjaAdvisory, flaskAdvisory], '2026-11-02T00:00:00Z');
  });
  afterAll(() => rm(directory, { recursive: true, force: true }));

  async function matcherWith(name: string, advisories: readonly unknown[], built: string) {
    const file = join(directory, `${name}.db`);
    await writeGrypeDatabase({ file, advisories, built: new Date(built) });
    const scratchRoot = join(directory, 'scratch');
    const matcher = createGrype({
      env: process.env,
      databaseDirectory: join(directory, name),
      scratchRoot,
      mode: 'off',
    });
    const { outcome } = await matcher.database.import(file);
    if (outcome !== 'changed') throw new Error(`the database was not imported: ${outcome}`);
    return matcher;
  }

  /** A store in which all images and two workloads of each were answered without any database. */
  async function setUp() {
    const store = createMemoryStore();
    const dataDir = await mkdtemp(join(directory, 'data-'));
    const sboms = createSbomCache(join(dataDir, 'sboms'), 1e9);
    const recorder = createRecorder({ store, account: '', reporting: true, now: Date.now, onReport: () => undefined });
    for (const { digest, packages } of images) {
      const file = join(dataDir, 'sbom.json');
      await writeFile(file, JSON.stringify(sbom(packages)));
      await sboms.add({ digest, platform, engineVersion: 'v1.57.0' }, file, {});
      const answer: ImageMatches = {
        digest,
        platform,
        size: 7,
        packages: packages.length,
        history: [],
        findings: [],
        alerts: [],
        engines: { sbom: 'v1.57.0', matcher: 'v0.1', mode: 'off' },
        database: { built: '2026-01-01T00:00:00.000Z', schemaVersion: 'v6', digest: 'none' },
      };
      store.results.put({
        kind: imageMatchesKind,
        key: imageMatchesKey(digest, platform),
        idempotencyKey: [digest, platform, 'v1.57.0', 'v0.1', 'off', 'none'].join('|'),
        body: answer as unknown as JsonValue,
        storedAt: 5,
      });
      for (const name of ['web', 'worker']) {
        const wlid = `wlid://cluster-c/namespace-n/deployment-${name}${digest.slice(-1)}`;
        const payload = {
          imageTag: 'app:1',
          imageHash: `app@${digest}`,
          wlid,
          containerName: name,
          sessionJobIds: [],
          actionIDN: 0,
        };
        recorder.evaluated({ payload, jobId: `job-${wlid}` }, answer);
      }
    }
    deliver();
    return { store, sboms, recorder, dataDir, deliver };

    /** What lies in the outbox, which is empty after that. */
    function deliver() {
      const due = [];
      for (let next = store.outbox.due(Number.MAX_SAFE_INTEGER, 1000); next.length > 0; ) {
        for (const { id, body } of next) {
          due.push(ContainerScanReport.parse(JSON.parse(body)));
          store.outbox.delivered(id);
        }
        next = store.outbox.due(Number.MAX_SAFE_INTEGER, 1000);
      }
      return due;
    }
  }

  type Setting = Awaited<ReturnType<typeof setUp>>;

  function rematcherOf(
    { store, sboms, recorder, dataDir }: Setting,
    changes: Partial<RematcherOptions>,
    onImage: () => void = () => undefined,
  ) {
    const metrics = createMetrics();
    const { rematch } = createScanMetrics(metrics);
    let ended = 0;
    const summarizer = createSummarizer();
    const rematcher = createRematcher({
      results: store.results,
      sboms,
      recorder,
      summarizer,
      matcher: first,
      sbomEngine: createFakeSbomEngine({ answer: () => ({ outcome: 'cancelled' }) }),
      scratchRoot: join(dataDir, 'scratch'),
      limits: { maxResultBytes: 1e8 },
      timeoutMs: 120_000,
      samples: 1,
      retryMs: 1,
      clock: systemClock,
      logger: createLogger({ service: 'test', level: 'silent' }),
      ...changes,
      metrics: {
        ...rematch,
        rematched: (outcome) => {
          rematch.rematched(outcome);
          onImage();
        },
        ended: () => {
          ended += 1;
        },
      },
    });
    return {
      metrics,
      stop: async () => {
        await rematcher.stop();
        await summarizer.close();
      },
      /** One pass from start to end. */
      run: async () => {
        const before = ended;
        rematcher.wake();
        await until('the end of the pass', () => Promise.resolve(ended > before ? true : undefined));
        await rematcher.stop();
        await summarizer.close();
      },
      wake: () => {
        rematcher.wake();
      },
    };
  }

  const answers = ({ store }: Setting) =>
    store.results.list(imageMatchesKind, { limit: 100 }).map(({ body }) => ImageMatches.parse(body));
  const found = (setting: Setting) => answers(setting).map(({ findings }) => findings.map(({ id }) => id).sort());
  const expected = images.map(({ packages }) =>
    packages.length === 1 ? ['CVE-2019-10906'] : ['CVE-2019-10906', 'CVE-2025-1'],
  );

  it('brings all images to the present database, and says what is new and gone to each workload once', async () => {
    const setting = await setUp();
    await rematcherOf(setting, {}).run();
    expect(found(setting)).toEqual(images.map(() => ['CVE-2019-10906']));
    expect(setting.deliver()).toHaveLength(12);

    await rematcherOf(setting, { matcher: second }).run();
    expect(found(setting)).toEqual(expected);
    const status = await second.database.status();
    expect(answers(setting)[1]).toMatchObject({
      size: 7,
      database: { built: '2026-11-02T00:00:00.000Z', digest: status.state === 'ready' ? status.digest : '' },
      change: {
        since: { databaseBuilt: '2026-11-01T00:00:00.000Z' },
        appeared: [{ id: 'CVE-2025-1', package: 'flask', version: '1.0', type: 'python' }],
        disappeared: [],
        altered: [],
      },
      findings: expect.arrayContaining([
        expect.objectContaining({
          id: 'CVE-2025-1',
          locations: [{ path: '/venv/flask/METADATA', layer: 'sha256:layer' }],
        }),
      ]),
    });
    const reports = setting.deliver();
    // Nothing changed for the images without Flask: nobody is told anything.
    expect(reports.map(({ summary }) => summary?.wlid.slice(-1) ?? '').sort()).toEqual(['1', '1', '3', '3', '5', '5']);
    expect(reports[0]?.summary?.findingsChange).toMatchObject({ appeared: { total: 1 }, disappeared: { total: 0 } });
    const records = setting.store.results.list(imageScanRecordKind, { limit: 100 });
    expect(
      new Set(records.map(({ body }) => (ImageScanRecord.parse(body) as { database: unknown }).database)),
    ).toHaveLength(12);
    expect(records.map(({ body }) => ImageScanRecord.parse(body))).toEqual(
      records.map(() =>
        expect.objectContaining({ database: expect.objectContaining({ built: '2026-11-02T00:00:00.000Z' }) }),
      ),
    );

    await rematcherOf(setting, { matcher: first }).run();
    expect(setting.deliver()[0]?.summary?.findingsChange).toMatchObject({
      disappeared: { total: 1, first: [{ id: 'CVE-2025-1' }] },
    });
  });

  it('goes on after it was stopped among the images and among the workloads, and loses and doubles nothing', async () => {
    const setting = await setUp();
    let written = 0;
    const stopped = Promise.withResolvers<void>();
    const interrupted = rematcherOf(setting, { matcher: second }, () => {
      written += 1;
      if (written === 3) stopped.resolve(interrupted.stop());
    });
    interrupted.wake();
    await stopped.promise;
    expect(answers(setting).filter(({ change }) => change !== undefined)).toHaveLength(3);
    expect(setting.deliver()).toEqual([]);

    let told = 0;
    const breaking: Recorder = {
      ...setting.recorder,
      rematched: (...record) => {
        told += 1;
        if (told === 4) throw new Error('the disk is full');
        return setting.recorder.rematched(...record);
      },
    };
    // Tells three workloads, breaks, tries again and does the rest.
    await rematcherOf(setting, { matcher: second, recorder: breaking }).run();
    expect(found(setting)).toEqual(expected);
    const wlids = setting.deliver().map(({ summary }) => summary?.wlid);
    expect(wlids).toHaveLength(12);
    expect(new Set(wlids).size).toBe(12);
  });

  it('matches images by themselves when their packages cannot be matched together', async () => {
    const setting = await setUp();
    const united = { calls: 0 };
    const failing = instead(second, (request, match) => {
      if (basename(request.target) !== 'result.json') return match();
      united.calls += 1;
      return Promise.resolve({ outcome: 'failed', detail: 'broken' });
    });
    await rematcherOf(setting, { matcher: failing }).run();
    expect(united.calls).toBe(1);
    expect(found(setting)).toEqual(expected);
  });

  it('does not use a pass that differs from Grype by itself', async () => {
    const setting = await setUp();
    const forgetful = instead(second, async (request, match) => {
      const outcome = await match();
      if (basename(request.target) === 'result.json') await writeFile(request.target, '{"matches":[]}');
      return outcome;
    });
    const rematcher = rematcherOf(setting, { matcher: forgetful });
    await rematcher.run();
    expect(found(setting)).toEqual(expected);
    expect(await rematcher.metrics.registry.metrics()).toMatch(/^kubevuln_rematch_mismatches_total 1$/m);
  });

  it('begins again when the database is exchanged under it', async () => {
    const setting = await setUp();
    let exchanged = false;
    const current = () => (exchanged ? second : first);
    const changing: VulnerabilityMatcher = {
      ...first,
      database: { ...first.database, status: () => current().database.status() },
      match: (request, signal) => {
        exchanged = true;
        return current().match(request, signal);
      },
    };
    await rematcherOf(setting, { matcher: changing }).run();
    expect(found(setting)).toEqual(expected);
  });

  it('leaves an image alone whose SBOM is gone', async () => {
    const setting = await setUp();
    const [gone] = images;
    const file = setting.sboms.fileOf({ digest: gone?.digest ?? '', platform, engineVersion: 'v1.57.0' });
    await setting.sboms.discard({ file, facts: {} });
    const rematcher = rematcherOf(setting, { matcher: second });
    await rematcher.run();
    expect(found(setting)).toEqual([[], ...expected.slice(1)]);
    expect(await rematcher.metrics.registry.metrics()).toMatch(
      /^kubevuln_rematched_images_total\{outcome="failed"\} 1$/m,
    );
  });
});

function instead(
  matcher: VulnerabilityMatcher,
  answer: (request: MatchRequest, match: () => Promise<MatchOutcome>) => Promise<MatchOutcome>,
): VulnerabilityMatcher {
  return { ...matcher, match: (request, signal) => answer(request, () => matcher.match(request, signal)) };
}

function sbom(packages: readonly string[]) {
  return {
    artifacts: packages.map((item, index) => {
      const [name = '', version = ''] = item.split('@');
      return {
        id: `p${index}`,
        name,
        version,
        type: 'python',
        language: 'python',
        locations: [{ path: `/venv/${name}/METADATA`, layerID: 'sha256:layer', accessPath: `/venv/${name}/METADATA` }],
        licenses: [],
        cpes: [],
        purl: `pkg:pypi/${name}@${version}`,
      };
    }),
    artifactRelationships: [],
    source: { id: 's', name: 'test', version: '', type: 'image', metadata: {} },
    distro: {},
    descriptor: { name: 'syft', version: 'v1.57.0' },
    schema: {
      version: '16.1.13',
      url: 'https://raw.githubusercontent.com/anchore/syft/main/schema/json/schema-16.1.13.json',
    },
  };
}
