import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { createGrype, writeGrypeDatabase } from '@kso/engines';
import {
  createComponentResults,
  createMatchPlan,
  grypeDocument,
  handBack,
  type MatchRun,
  projectSbom,
} from '@kso/engines/shared-matching';
import { findProgram, missingPrograms } from '@kso/testkit/programs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { advisories, ecosystems, type MadeSbom, makeSbom, syftDocument } from './cluster-match-corpus.ts';
import { type Json, seededRandom } from './cluster-match-packages.ts';

const missing = missingPrograms('grype');

/** Grype as a user runs it by hand: nothing of ours between the SBOM and the answer. */
async function runGrype(database: string, file: string, variables: Record<string, string> = {}): Promise<Json> {
  const child = spawn(findProgram('grype') ?? 'grype', [`sbom:${file}`, '-o', 'json', '--by-cve', '-q'], {
    env: {
      HOME: path.dirname(database),
      GRYPE_DB_CACHE_DIR: database,
      GRYPE_DB_AUTO_UPDATE: 'false',
      GRYPE_DB_VALIDATE_AGE: 'false',
      GRYPE_CHECK_FOR_APP_UPDATE: 'false',
      ...variables,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [output, errors] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
  const code = await new Promise((resolve) => child.once('close', resolve));
  if (code !== 0) throw new Error(`Grype ended with ${String(code)}: ${errors}`);
  return JSON.parse(output) as Json;
}

/** In an order of its own: Grype's differs from run to run where all that it sorts by is equal. */
function comparable(document: Json) {
  const list = (name: string) =>
    ((document[name] ?? []) as Json[]).map((entry) => JSON.stringify(entry, sortKeys)).sort();
  return {
    matches: list('matches'),
    ignoredMatches: list('ignoredMatches'),
    alertsByPackage: list('alertsByPackage'),
    order: order(document),
  };
}

function sortKeys(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

const byCpes = {
  GRYPE_MATCH_PYTHON_USING_CPES: 'true',
  GRYPE_MATCH_JAVA_USING_CPES: 'true',
  GRYPE_MATCH_GOLANG_USING_CPES: 'true',
};

/** Grype then tells what it took out because of an owner, or because something was told unaffected. */
const suppressions = { GRYPE_INCLUDE_MATCHER_SUPPRESSIONS: 'true' };

describe.skipIf(missing !== undefined)('one matching pass for many SBOMs gives what Grype says about each', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'kso-cluster-match-'));
  const database = path.join(folder, 'db');
  beforeAll(async () => {
    const file = path.join(folder, 'made.db');
    await writeGrypeDatabase({ file, advisories: advisories(), built: new Date('2026-11-01T00:00:00Z') });
    addWhatOsvCannotSay(file);
    const matcher = createGrype({
      env: process.env,
      databaseDirectory: database,
      scratchRoot: path.join(folder, 'scratch'),
    });
    const { outcome } = await matcher.database.import(file);
    if (outcome !== 'changed') throw new Error(`the database was not imported: ${outcome}`);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** All SBOMs in one pass, and each by itself. */
  async function both(sboms: readonly MadeSbom[], variables: Record<string, string> = {}, packagesPerRun?: number) {
    const directory = mkdtempSync(path.join(folder, 'pass-'));
    const projections = sboms.map(({ document }) => {
      const projection = projectSbom(document);
      if (projection === undefined) throw new Error('not sharable');
      // As it is kept between: in JSON.
      return JSON.parse(JSON.stringify(projection)) as typeof projection;
    });
    const plan = createMatchPlan({ directory, ...(packagesPerRun === undefined ? {} : { packagesPerRun }) });
    for (const projection of projections) plan.add(projection);
    const runs = plan.finish();
    const results = createComponentResults(path.join(directory, 'results'), 100_000);
    for (const run of runs) results.add(run.components, await runGrype(database, run.file, variables));
    const united = projections.map((projection) => {
      const result = handBack(projection, results);
      if (result === undefined) throw new Error('not asked about');
      return grypeDocument(result);
    });
    results.close();
    const single: Json[] = [];
    for (const [index, { document }] of sboms.entries()) {
      const file = path.join(directory, `single-${index}.json`);
      writeFileSync(file, JSON.stringify(document));
      single.push(await runGrype(database, file, variables));
    }
    const byName = (documents: readonly Json[]) =>
      Object.fromEntries(sboms.map(({ name }, index) => [name, comparable(documents[index] ?? {})]));
    return { runs, united: byName(united), single: byName(single), documents: single };
  }

  it('in every ecosystem, with and without CPEs', async () => {
    const sboms = ecosystems.flatMap((ecosystem, place) =>
      [0, 1, 2, 3, 4].map((number) => makeSbom(ecosystem, place * 100 + number, number % 2 === 0)),
    );
    expect(new Set(sboms.map(({ document }) => JSON.stringify(document))).size).toBeGreaterThanOrEqual(40);
    const passes = await both(sboms);
    expect(passes.united).toEqual(passes.single);
    expect(Math.min(...Object.values(passes.single).map(({ matches }) => matches.length))).toBeGreaterThanOrEqual(20);
    expect(coverage(passes.documents)).toEqual({ ignored: true, alerts: true, cpe: true, indirect: true });
    expect(packagesOf(passes.runs)).toBeLessThan(
      sboms.reduce((sum, { document }) => sum + (document['artifacts'] as Json[]).length, 0),
    );
    const someByCpes = sboms.filter((_, index) => index % 5 === 0);
    const again = await both(someByCpes, { ...byCpes, ...suppressions });
    expect(again.united).toEqual(again.single);
  });

  it.each([
    { seed: 1, variables: {} },
    { seed: 2, variables: { ...byCpes, ...suppressions } },
    { seed: 3, variables: { ...byCpes, ...suppressions } },
  ])('when packages are mixed between SBOMs ($seed)', async ({ seed, variables }) => {
    const random = seededRandom(seed);
    const sources = ecosystems.map(
      (ecosystem, place) => makeSbom(ecosystem, seed * 1000 + place, random() < 0.5).document,
    );
    const all = sources
      .flatMap((document) => document['artifacts'] as Json[])
      .map((entry, index) => ({ ...entry, id: `${index}` }));
    const mixed = [...Array.from({ length: 6 }).keys()].map((number): MadeSbom => {
      const artifacts = all.filter(() => random() < 0.25);
      const relationships = random() < 0.5 ? [] : randomOverlaps(artifacts, random);
      const distro = sources[Math.floor(random() * sources.length)]?.['distro'] as Json;
      return {
        name: `mixed-${seed}-${number}`,
        ecosystem: 'python',
        document: syftDocument(artifacts, relationships, distro),
      };
    });
    const passes = await both(mixed, variables, 150);
    expect(passes.united).toEqual(passes.single);
    expect(coverage(passes.documents)).toMatchObject({ ignored: true, cpe: true, indirect: true });
  });
});

function randomOverlaps(artifacts: readonly Json[], random: () => number): Json[] {
  const any = () => artifacts[Math.floor(random() * artifacts.length)]?.['id'];
  return [...Array.from({ length: 15 }).keys()].map(() => ({
    parent: any(),
    child: any(),
    type: 'ownership-by-file-overlap',
  }));
}

/** What Grype sorts by; the rest of its order is chance. */
function order(document: Json | undefined): unknown[] {
  return ((document?.['matches'] ?? []) as { vulnerability: Json; artifact: Json }[]).map(
    ({ vulnerability, artifact }) =>
      [
        vulnerability['risk'],
        vulnerability['severity'],
        artifact['name'],
        artifact['version'],
        artifact['type'],
        vulnerability['id'],
      ].join(' '),
  );
}

function packagesOf(runs: readonly MatchRun[]): number {
  return runs.reduce((sum, { packages }) => sum + packages, 0);
}

/** A comparison of nothing with nothing proves nothing. */
function coverage(documents: readonly Json[]) {
  const types = new Set(
    documents.flatMap(({ matches }) =>
      (matches as { matchDetails: { type: string }[] }[]).flatMap(({ matchDetails }) =>
        matchDetails.map(({ type }) => type),
      ),
    ),
  );
  return {
    ignored: documents.some(({ ignoredMatches }) => Array.isArray(ignoredMatches)),
    alerts: documents.some(({ alertsByPackage }) => Array.isArray(alertsByPackage)),
    cpe: types.has('cpe-match'),
    indirect: types.has('exact-indirect-match'),
  };
}

/** CPE matches, packages told unaffected, modules of rpm, the end of a distribution's life. */
function addWhatOsvCannotSay(file: string): void {
  const db = new DatabaseSync(file);
  try {
    db.exec(`
      CREATE TABLE unaffected_package_handles (id integer PRIMARY KEY AUTOINCREMENT, vulnerability_id integer NOT NULL, operating_system_id integer, package_id integer, blob_id integer);
      CREATE TABLE cpes (id integer PRIMARY KEY AUTOINCREMENT, part text, vendor text, product text, edition text, language text, software_edition text, target_hardware text, target_software text, other text);
      CREATE TABLE affected_cpe_handles (id integer PRIMARY KEY AUTOINCREMENT, vulnerability_id integer NOT NULL, cpe_id integer, blob_id integer);
      UPDATE operating_systems SET eol_date = '2024-01-01 00:00:00+00:00' WHERE name = 'alpine' AND minor_version = '18';
      UPDATE blobs SET value = json_set(value, '$.qualifiers', json('{"rpm_modularity":"nodejs:18"}')) WHERE id IN
        (SELECT a.blob_id FROM affected_package_handles a JOIN packages p ON p.id = a.package_id WHERE p.ecosystem = 'rpm' AND p.name IN ('lib0', 'lib12', 'lib24', 'lib36', 'lib48'));
      INSERT INTO unaffected_package_handles (vulnerability_id, operating_system_id, package_id, blob_id)
        SELECT vulnerability_id, operating_system_id, package_id, blob_id FROM affected_package_handles
        WHERE package_id IN (SELECT id FROM packages WHERE ecosystem = 'python' AND name IN ('py-lib7', 'py-lib14'));
    `);
    // One of two jars of the same name is told unaffected of what both are affected by.
    const jars = db.prepare("SELECT id, name FROM packages WHERE ecosystem = 'java-archive'").all() as {
      id: number;
      name: string;
    }[];
    const blob = db.prepare('INSERT INTO blobs (value) VALUES (?)');
    const everyVersion = blob.run(
      JSON.stringify({ ranges: [{ version: { type: 'maven', constraint: '' }, fix: { state: 'not-affected' } }] }),
    ).lastInsertRowid;
    for (const { id, name } of jars.filter(({ name: full }) => /^org\.group0:jar(3|6|9)$/.test(full))) {
      const sibling = jars.find(({ name: full }) => full === name.replace('group0', 'group1'));
      if (sibling === undefined) throw new Error(`${name} has no sibling`);
      db.prepare(
        'INSERT INTO unaffected_package_handles (vulnerability_id, package_id, blob_id) SELECT vulnerability_id, ?, ? FROM affected_package_handles WHERE package_id = ?',
      ).run(id, everyVersion, sibling.id);
    }
    addCpes(db);
  } finally {
    db.close();
  }
}

function addCpes(db: DatabaseSync): void {
  const date = '2026-01-01 00:00:00+00:00';
  db.prepare(
    "INSERT INTO providers (id, version, processor, date_captured, input_digest) VALUES ('nvd', '1', 'test', ?, '')",
  ).run(date);
  for (const [index, product] of ['tool0', 'tool10', 'tool20', 'tool30', 'py_lib7', 'lib6', 'lib9'].entries()) {
    const id = `CVE-2025-${9000 + index}`;
    const blob = db.prepare('INSERT INTO blobs (value) VALUES (?)');
    const about = blob.run(
      JSON.stringify({
        id,
        severities: [{ scheme: 'CHMLN', value: 'high', source: 'nvd', rank: 1 }],
        refs: [{ url: `https://example.com/${id}` }],
      }),
    );
    const range = blob.run(
      JSON.stringify({ ranges: [{ version: { type: '', constraint: '< 1.6' }, fix: { state: 'not-fixed' } }] }),
    );
    const handle = db
      .prepare(
        "INSERT INTO vulnerability_handles (name, status, published_date, modified_date, provider_id, blob_id) VALUES (?, 'active', ?, ?, 'nvd', ?)",
      )
      .run(id, date, date, about.lastInsertRowid);
    const cpe = db
      .prepare(
        "INSERT INTO cpes (part, vendor, product, edition, language, software_edition, target_hardware, target_software, other) VALUES ('a', ?, ?, '', '', '', '', '', '')",
      )
      .run(product, product);
    db.prepare('INSERT INTO affected_cpe_handles (vulnerability_id, cpe_id, blob_id) VALUES (?, ?, ?)').run(
      handle.lastInsertRowid,
      cpe.lastInsertRowid,
      range.lastInsertRowid,
    );
  }
}
