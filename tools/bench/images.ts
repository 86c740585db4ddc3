import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createGrype, readAdvisories, writeGrypeDatabase } from '@kso/engines';
import { createRecorder, createSbomCache } from '@kso/kubevuln/rematching';
import { openSqliteStore, type Store } from '@kso/store';
import { requireProgram } from '@kso/testkit/programs';
import { testDataFile } from '@kso/testkit/test-data';
import { type ImageMatches, imageAnswerKey, imageMatchesKey, imageMatchesKind, type JsonValue } from '@kso/wire';
import { baseAdvisories, makeSbom, readSbomSource, type SbomSource } from './image-sboms.ts';
import { median } from './measure.ts';
import type { BenchResult } from './result.ts';

const platform = 'linux/amd64';
const sbomVersion = 'v1.57.0';

/**
 * One matching pass over so many known images after a change of the database, beside `grype sbom:FILE` for each, of which a sample is
 * run. The findings of the sample are compared.
 */
export async function benchImages(images: number, sampled: number): Promise<BenchResult[]> {
  const advisories = testDataFile('advisories/osv.jsonl.gz');
  const input = `${images.toLocaleString('en')} images`;
  if (advisories === undefined)
    return [{ benchmark: 'images', input, values: {}, failure: 'KSO_TEST_DATA is not set' }];
  const folder = mkdtempSync(path.join(tmpdir(), 'kso-bench-images-'));
  try {
    const source = await readSbomSource(folder, advisories);
    const [first, second] = await makeDatabases(folder, source, advisories);
    await seed(folder, source, images);
    const cold = await runPass(folder, first);
    const warm = await runPass(folder, second);
    const single = await measureSingles({ folder, source, images, sampled, database: second });
    const cpu = (pass: PassUsage) => pass.ownCpuMs + pass.engineCpuMs;
    const alone = single.cpuMs * images;
    return [
      {
        benchmark: 'images',
        input: `${input}, database changed`,
        values: {
          'wall s': warm.wallMs / 1000,
          'cpu s': cpu(warm) / 1000,
          'of it Grype s': warm.engineCpuMs / 1000,
          'peak MiB': warm.ownPeakMiB,
          'Grype peak MiB': warm.enginePeakMiB,
          'times less cpu than alone': alone / cpu(warm),
        },
      },
      {
        benchmark: 'images',
        input: `${input}, SBOMs new to the pass`,
        values: {
          'wall s': cold.wallMs / 1000,
          'cpu s': cpu(cold) / 1000,
          'times less cpu than alone': alone / cpu(cold),
        },
      },
      {
        benchmark: 'images',
        input: `grype alone, ${sampled} sampled`,
        values: {
          'cpu ms each': single.cpuMs,
          'wall ms each': single.wallMs,
          'findings each': single.findings,
          'findings that differ': single.different,
        },
        ...(single.different === 0 ? {} : { failure: `${single.different} findings differ` }),
      },
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function makeDatabases(folder: string, source: SbomSource, file: string): Promise<[string, string]> {
  const make = async (name: string, built: string, skipEvery: number): Promise<string> => {
    async function* advisories() {
      yield* baseAdvisories(source);
      let index = 0;
      for await (const record of readAdvisories(file)) {
        index += 1;
        if (index % skipEvery !== 0) yield record;
      }
    }
    const made = path.join(folder, `${name}.db`);
    await writeGrypeDatabase({ file: made, advisories: advisories(), built: new Date(built) });
    const databaseDirectory = path.join(folder, name);
    const matcher = createGrype({ env: process.env, databaseDirectory, scratchRoot: path.join(folder, 'scratch') });
    const { outcome } = await matcher.database.import(made);
    if (outcome !== 'changed') throw new Error(`the database was not imported: ${outcome}`);
    return databaseDirectory;
  };
  // The second one knows some more.
  return [
    await make('first', '2026-11-01T00:00:00Z', 20),
    await make('second', '2026-11-02T00:00:00Z', Number.MAX_SAFE_INTEGER),
  ];
}

const digestOf = (number: number): string => `sha256:${number.toString(16).padStart(64, '0')}`;

/** SBOMs in the cache, and an answer of a database long gone for each image and one workload. */
async function seed(folder: string, source: SbomSource, images: number): Promise<void> {
  const sboms = createSbomCache(path.join(folder, 'sboms'), Number.MAX_SAFE_INTEGER);
  const store = openSqliteStore({ path: path.join(folder, 'kubevuln.db') });
  for (let number = 0; number < images; number += 1) {
    const digest = digestOf(number);
    const file = path.join(folder, 'sbom.json');
    const document = makeSbom(source, number);
    writeFileSync(file, JSON.stringify(document));
    await sboms.add({ digest, platform, engineVersion: sbomVersion }, file, { distribution: 'debian' });
    seedAnswer(store, digest, number);
  }
  store.close();
}

function seedAnswer(store: Store, digest: string, number: number): void {
  const recorder = createRecorder({ store, account: '', reporting: false, now: Date.now, onReport: () => undefined });
  const answer: ImageMatches = {
    digest,
    platform,
    size: 1,
    packages: 1,
    history: [],
    findings: [],
    alerts: [],
    engines: { sbom: sbomVersion, matcher: 'v0', mode: 'adaptive' },
    database: { built: '2026-01-01T00:00:00.000Z', schemaVersion: 'v6', digest: 'none' },
  };
  const body = answer as unknown as JsonValue;
  const key = imageMatchesKey(digest, platform);
  store.results.put({
    kind: imageMatchesKind,
    key,
    idempotencyKey: imageAnswerKey(answer),
    body,
    storedAt: Date.now(),
  });
  const wlid = `wlid://cluster-c/namespace-n/deployment-app${number}`;
  const payload = {
    imageTag: 'app:1',
    imageHash: `app@${digest}`,
    wlid,
    containerName: 'app',
    sessionJobIds: [],
    actionIDN: 0,
  };
  recorder.evaluated({ payload, jobId: `job-${number}` }, answer);
}

interface PassUsage {
  readonly wallMs: number;
  readonly ownCpuMs: number;
  readonly engineCpuMs: number;
  readonly ownPeakMiB: number;
  readonly enginePeakMiB: number;
}

function runPass(folder: string, database: string): Promise<PassUsage> {
  const child = spawn(process.execPath, [path.join(import.meta.dirname, 'image-pass.ts'), folder, database], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  return new Promise((resolve, reject) => {
    child.once('close', (code) => {
      if (code === 0) resolve(JSON.parse(output.trim().split('\n').at(-1) ?? '') as PassUsage);
      else reject(new Error(`the pass ended with ${code}: ${output}`));
    });
  });
}

interface SingleInput {
  readonly folder: string;
  readonly source: SbomSource;
  readonly images: number;
  readonly sampled: number;
  readonly database: string;
}

/** Grype by hand on a sample, with the settings of the pass. */
async function measureSingles({ folder, source, images, sampled, database }: SingleInput) {
  const store = openSqliteStore({ path: path.join(folder, 'kubevuln.db') });
  const sbomFile = path.join(folder, 'single.json');
  const usages: { cpuMs: number; wallMs: number }[] = [];
  let [different, findings] = [0, 0];
  for (let sample = 0; sample < sampled; sample += 1) {
    const number = Math.floor((sample * images) / sampled);
    writeFileSync(sbomFile, JSON.stringify(makeSbom(source, number)));
    const usage = runGrype(database, sbomFile, folder);
    usages.push(usage);
    const stored = store.results.get(imageMatchesKind, imageMatchesKey(digestOf(number), platform));
    if (stored === undefined) throw new Error('an image has no answer');
    const united = (stored.body as unknown as ImageMatches).findings.map((finding) =>
      findingText(
        finding.id,
        finding.package,
        finding.fix,
        finding.locations.map(({ path: file, layer }) => [file, layer]),
      ),
    );
    const alone = usage.document.matches.map(({ vulnerability: { id, fix }, artifact }) =>
      findingText(
        id,
        artifact,
        fix,
        (artifact.locations ?? []).map(({ path: file, layerID }) => [file, layerID]),
      ),
    );
    findings += alone.length;
    different += countDifferent(united, alone);
  }
  store.close();
  return {
    cpuMs: median(usages.map(({ cpuMs }) => cpuMs)),
    wallMs: median(usages.map(({ wallMs }) => wallMs)),
    findings: findings / sampled,
    different,
  };
}

function findingText(
  id: string,
  { name, version, type }: { name: string; version: string; type: string },
  { state, versions }: { state: string; versions: readonly string[] },
  locations: readonly unknown[],
): string {
  return JSON.stringify([id, name, version, type, state, versions, locations]);
}

function countDifferent(a: readonly string[], b: readonly string[]): number {
  const [first, second] = [a.toSorted(), b.toSorted()];
  if (first.length !== second.length) return Math.abs(first.length - second.length);
  return first.filter((text, index) => text !== second[index]).length;
}

interface GrypeOutput {
  readonly matches: readonly {
    readonly vulnerability: {
      readonly id: string;
      readonly fix: { readonly state: string; readonly versions: readonly string[] };
    };
    readonly artifact: {
      readonly name: string;
      readonly version: string;
      readonly type: string;
      readonly locations: readonly { readonly path: string; readonly layerID?: string }[] | null;
    };
  }[];
}

function runGrype(database: string, sbomFile: string, folder: string) {
  const result = path.join(folder, 'single-result.json');
  const cpes = ['JAVA', 'RUBY', 'PYTHON', 'DOTNET', 'JAVASCRIPT', 'GOLANG', 'STOCK'];
  const startedAt = performance.now();
  const before = cpuOfChildren();
  const { status, stderr } = spawnSync(
    requireProgram('grype'),
    [`sbom:${sbomFile}`, '-o', 'json', '--by-cve', '-q', '--file', result],
    {
      encoding: 'utf8',
      env: {
        HOME: folder,
        GRYPE_DB_CACHE_DIR: database,
        GRYPE_DB_AUTO_UPDATE: 'false',
        GRYPE_DB_VALIDATE_AGE: 'false',
        GRYPE_CHECK_FOR_APP_UPDATE: 'false',
        GRYPE_MATCH_GOLANG_ALWAYS_USE_CPE_FOR_STDLIB: 'false',
        ...Object.fromEntries(cpes.map((name) => [`GRYPE_MATCH_${name}_USING_CPES`, 'true'])),
      },
    },
  );
  if (status !== 0) throw new Error(`Grype ended with ${status}: ${stderr}`);
  const wallMs = performance.now() - startedAt;
  const cpuMs = cpuOfChildren() - before;
  return { wallMs, cpuMs, document: JSON.parse(readFileSync(result, 'utf8')) as GrypeOutput };
}

/** proc(5): ticks of 10 ms. */
function cpuOfChildren(): number {
  const fields = readFileSync('/proc/self/stat', 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[13]) + Number(fields[14])) * 10;
}
