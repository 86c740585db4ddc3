import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { jinjaAdvisory as jinja, opensslAdvisory as openssl } from '@kso/testkit/grype-database';
import { findProgram, missingPrograms } from '@kso/testkit/programs';
import { testDataFile } from '@kso/testkit/test-data';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { describeMatcher, sbomOfJinja } from './conformance.ts';
import { readAdvisories, writeGrypeDatabase } from './database-writer/index.ts';
import { createGrype } from './grype.ts';
import { GrypeDocument } from './grype-document.ts';
import { importSampleDatabase } from './sample-database.ts';

const built = new Date('2026-11-01T00:00:00Z');

const missing = missingPrograms('grype');
const osv = testDataFile('advisories/osv.jsonl.gz');

describe.skipIf(missing !== undefined)('with the real Grype', () => {
  const grype = (directory: string, updateUrl?: string) =>
    createGrype({
      env: process.env,
      databaseDirectory: join(directory, 'db'),
      scratchRoot: join(directory, 'scratch'),
      memoryBytes: 1024 ** 3,
      updateTimeoutMs: 60_000,
      updateUrl,
    });

  describeMatcher('Grype', async (directory) => {
    const databaseFile = join(directory, 'made.db');
    await writeGrypeDatabase({ file: databaseFile, advisories: [jinja, openssl], built, sample: true });
    return { matcher: grype(directory), databaseFile };
  });

  describe('databases written by us', () => {
    let directory = '';
    beforeEach(async () => {
      directory = await mkdtemp(join(tmpdir(), 'kso-grype-'));
    });
    afterEach(() => rm(directory, { recursive: true, force: true }));

    async function matchesOf(sbom: object, ...advisories: readonly unknown[]) {
      const file = join(directory, 'made.db');
      await writeGrypeDatabase({ file, advisories, built });
      const matcher = grype(directory);
      expect(await matcher.database.import(file)).toMatchObject({ outcome: 'changed' });
      const target = join(directory, 'matches.json');
      const request = { target, timeoutMs: 60_000, maxResultBytes: 50_000_000 };
      const outcome = await matcher.match({ ...request, sbom: () => Readable.from([JSON.stringify(sbom)]) });
      expect(outcome).toMatchObject({ outcome: 'matched' });
      return GrypeDocument.parse(JSON.parse(await readFile(target, 'utf8'))).matches;
    }

    const base = JSON.parse(sbomOfJinja) as { artifacts: Record<string, unknown>[] };
    const withPackages = (distro: object, ...packages: Record<string, unknown>[]) => ({
      ...base,
      distro,
      artifacts: packages.map((item, index) => ({ ...base.artifacts[0], id: `p${index}`, language: '', ...item })),
    });

    it('carries severity, fix, description and the address of the advisory', async () => {
      const [match] = await matchesOf(base, jinja);
      expect(match?.vulnerability).toMatchObject({
        id: 'CVE-2019-10906',
        severity: 'High',
        fix: { state: 'fixed', versions: ['2.10.1'] },
        dataSource: 'https://github.com/advisories/GHSA-462w-v97r-4m45',
      });
    });

    it('finds Debian packages by their source package, in the release of the image only', async () => {
      const libssl = {
        name: 'libssl3',
        version: '3.0.7-1',
        type: 'deb',
        purl: 'pkg:deb/debian/libssl3@3.0.7-1?arch=amd64&distro=debian-12',
        metadataType: 'dpkg-db-entry',
        metadata: { package: 'libssl3', source: 'openssl', version: '3.0.7-1', sourceVersion: '' },
      };
      const bookworm = withPackages({ id: 'debian', versionID: '12' }, libssl);
      expect((await matchesOf(bookworm, openssl)).map(({ vulnerability }) => vulnerability.id)).toEqual([
        'CVE-2023-0286',
      ]);
      const bullseye = withPackages({ id: 'debian', versionID: '11' }, libssl);
      const target = join(directory, 'other.json');
      const request = { target, timeoutMs: 60_000, maxResultBytes: 1_000_000 };
      await grype(directory).match({ ...request, sbom: () => Readable.from([JSON.stringify(bullseye)]) });
      expect(JSON.parse(await readFile(target, 'utf8'))).toMatchObject({ matches: [] });
    });

    it('takes the level from a CVSS vector when the advisory names none', async () => {
      const { database_specific: _, ...rest } = jinja;
      const severity = [{ type: 'CVSS_V3', score: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H' }];
      const [match] = await matchesOf(base, { ...rest, severity });
      expect(match?.vulnerability).toMatchObject({ severity: 'Critical', cvss: [{ version: '3.1' }] });
    });

    it('leaves out what is withdrawn, malformed or of an unknown ecosystem, and says so', async () => {
      const file = join(directory, 'made.db');
      const unknown = { ...jinja, id: 'X-1', affected: [{ package: { ecosystem: 'Moon', name: 'cheese' } }] };
      const withdrawn = { ...jinja, id: 'X-2', withdrawn: '2026-01-01T00:00:00Z' };
      const summary = await writeGrypeDatabase({ file, advisories: [jinja, unknown, withdrawn, { id: 7 }], built });
      expect(summary).toMatchObject({ advisories: 1, packages: 1 });
      expect(summary.skipped.map(({ id }) => id)).toEqual(['X-1', 'X-2', 'unknown']);
    });

    it.skipIf(osv === undefined)('holds thousands of real advisories, and a package is found among them', async () => {
      const file = join(directory, 'made.db');
      const summary = await writeGrypeDatabase({ file, advisories: readAdvisories(osv ?? ''), built });
      expect(summary.advisories).toBeGreaterThan(6900);
      const matcher = grype(directory);
      expect(await matcher.database.import(file)).toMatchObject({ outcome: 'changed', database: { sample: false } });
      const target = join(directory, 'matches.json');
      const go = { name: 'github.com/gin-gonic/gin', version: 'v1.5.0', type: 'go-module', language: 'go' };
      const purl = 'pkg:golang/github.com/gin-gonic/gin@v1.5.0';
      const sbom = JSON.stringify(withPackages({}, { ...base.artifacts[0], language: 'python' }, { ...go, purl }));
      const request = { target, timeoutMs: 60_000, maxResultBytes: 10_000_000 };
      await matcher.match({ ...request, sbom: () => Readable.from([sbom]) });
      const { matches } = GrypeDocument.parse(JSON.parse(await readFile(target, 'utf8')));
      const ids = matches.map(({ vulnerability }) => vulnerability.id);
      expect(ids).toEqual(expect.arrayContaining(['CVE-2020-36567', 'CVE-2019-10906', 'CVE-2020-28493']));
    });

    it('imports the sample once, and says that it is one', async () => {
      const { database } = grype(directory);
      const file = fileURLToPath(new URL('../../../../deploy/sample/advisories.json', import.meta.url));
      const options = { file, scratchRoot: join(directory, 'scratch') };
      const imported = await importSampleDatabase(database, options);
      expect(imported).toMatchObject({ outcome: 'changed', database: { sample: true } });
      expect(await importSampleDatabase(database, options)).toEqual({ ...imported, outcome: 'unchanged' });
    });

    it('keeps the database it has when a file is no database', async () => {
      await matchesOf(base, jinja);
      const matcher = grype(directory);
      const before = await matcher.database.status();
      const broken = join(directory, 'broken.db');
      await writeFile(broken, 'no database');
      expect(await matcher.database.import(broken)).toMatchObject({ outcome: 'failed' });
      expect(await matcher.database.status()).toEqual(before);
    });

    it('asks Grype once whether there is a database, and again when one has come', async () => {
      const calls = join(directory, 'calls');
      const program = join(directory, 'grype');
      await writeFile(program, `#!/bin/sh\necho "$1 $2" >> ${calls}\nexec ${findProgram('grype') ?? ''} "$@"\n`, {
        mode: 0o755,
      });
      const matcher = createGrype({
        env: process.env,
        program,
        databaseDirectory: join(directory, 'db'),
        scratchRoot: join(directory, 'scratch'),
      });
      for (const _ of [1, 2, 3]) expect(await matcher.database.status()).toMatchObject({ state: 'missing' });
      const asked = async () =>
        (await readFile(calls, 'utf8')).split('\n').filter((line) => line === 'db status').length;
      expect(await asked()).toBe(1);
      const file = join(directory, 'made.db');
      await writeGrypeDatabase({ file, advisories: [jinja], built });
      // By somebody else, as an init container does it.
      await grype(directory).database.import(file);
      for (const _ of [1, 2]) expect(await matcher.database.status()).toMatchObject({ state: 'ready' });
      expect(await asked()).toBe(2);
    });

    it('says that a listing of the schema before is of no use', async () => {
      const { database } = grype(directory, 'https://example.com/databases/listing.json');
      expect(await database.update()).toEqual({
        outcome: 'failed',
        detail:
          'https://example.com/databases/listing.json is a listing of schema v5; this Grype needs latest.json of v6',
      });
    });

    it('keeps the database it has when an update fails, and says what failed', async () => {
      await matchesOf(base, jinja);
      const server = createServer((_request, response) => response.writeHead(404).end()).listen(0, '127.0.0.1');
      await new Promise((resolve) => server.once('listening', resolve));
      const { port } = server.address() as AddressInfo;
      const matcher = grype(directory, `http://127.0.0.1:${port}/databases`);
      const before = await matcher.database.status();
      expect(await matcher.database.update()).toMatchObject({
        outcome: 'failed',
        detail: expect.stringContaining(`127.0.0.1:${port}`),
      });
      expect(await matcher.database.status()).toEqual(before);
      await new Promise((resolve) => server.close(resolve));
    });
  });
});
