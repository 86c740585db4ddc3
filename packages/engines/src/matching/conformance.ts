import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GrypeDocument } from './grype-document.ts';
import type { MatchRequest, VulnerabilityMatcher } from './port.ts';

/** The SBOM that the matchers of the suite are asked about: Jinja2 2.10, which CVE-2019-10906 affects. */
export const sbomOfJinja = JSON.stringify({
  artifacts: [
    {
      id: 'a1',
      name: 'jinja2',
      version: '2.10',
      type: 'python',
      language: 'python',
      locations: [{ path: '/usr/lib/python3/dist-packages/jinja2-2.10.dist-info/METADATA' }],
      licenses: [],
      cpes: [],
      purl: 'pkg:pypi/jinja2@2.10',
    },
  ],
  artifactRelationships: [],
  source: { id: 's', name: 'test', version: '', type: 'image', metadata: {} },
  distro: {},
  descriptor: { name: 'syft', version: 'v1.57.0' },
  schema: {
    version: '16.1.13',
    url: 'https://raw.githubusercontent.com/anchore/syft/main/schema/json/schema-16.1.13.json',
  },
});

export interface MatcherUnderTest {
  readonly matcher: VulnerabilityMatcher;
  /** A database file that knows CVE-2019-10906 (GHSA-462w-v97r-4m45), which `import` takes. */
  readonly databaseFile: string;
}

/** What every `VulnerabilityMatcher` does. `create` gives one whose database is missing. */
export function describeMatcher(name: string, create: (directory: string) => Promise<MatcherUnderTest>): void {
  describe(`VulnerabilityMatcher: ${name}`, () => {
    let directory = '';
    let target: MatcherUnderTest;
    beforeAll(async () => {
      directory = await mkdtemp(join(tmpdir(), 'kso-matcher-'));
      target = await create(directory);
    });
    afterAll(() => rm(directory, { recursive: true, force: true }));

    const request = (changes: Partial<MatchRequest> = {}): MatchRequest => ({
      sbom: () => Readable.from([sbomOfJinja]),
      target: join(directory, 'matches.json'),
      timeoutMs: 60_000,
      maxResultBytes: 1_000_000,
      ...changes,
    });

    it('says that the database is missing, and never that nothing was found', async () => {
      expect(await target.matcher.database.status()).toMatchObject({ state: 'missing' });
      expect(await target.matcher.match(request())).toMatchObject({ outcome: 'databaseMissing' });
    });

    it('imports a database and finds with it what it knows', async () => {
      const change = await target.matcher.database.import(target.databaseFile);
      expect(change).toMatchObject({ outcome: 'changed', database: { schemaVersion: expect.stringMatching(/^v6\./) } });
      const status = await target.matcher.database.status();
      const outcome = await target.matcher.match(request());
      expect(outcome).toMatchObject({ outcome: 'matched', database: status });
      const document = GrypeDocument.parse(JSON.parse(await readFile(request().target, 'utf8')));
      expect(document.matches.map(({ vulnerability, artifact }) => [vulnerability.id, artifact.name])).toEqual([
        ['CVE-2019-10906', 'jinja2'],
      ]);
    });

    it('says so when the result is larger than allowed', async () => {
      const outcome = await target.matcher.match(request({ maxResultBytes: 20 }));
      expect(outcome).toEqual({ outcome: 'resultTooLarge', limitBytes: 20 });
    });

    it('does nothing for a request that was cancelled before', async () => {
      expect(await target.matcher.match(request(), AbortSignal.abort())).toEqual({ outcome: 'cancelled' });
    });
  });
}
