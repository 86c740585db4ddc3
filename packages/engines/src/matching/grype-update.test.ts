import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jinjaAdvisory, opensslAdvisory } from '@kso/testkit/grype-database';
import { missingPrograms } from '@kso/testkit/programs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeGrypeDatabase } from './database-writer/index.ts';
import { createGrype } from './grype.ts';

interface Offer {
  readonly built: string;
  readonly archive: Buffer;
  /** What the listing says of it. */
  readonly checksum: string;
}

const missing = missingPrograms('grype');

describe.skipIf(missing !== undefined)('updates from a mirror of static files', () => {
  let directory = '';
  let server: Server;
  let offer: Offer | undefined;
  /** Takes requests and never answers. */
  let hangs = false;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'kso-update-'));
    [offer, hangs] = [undefined, false];
    server = createServer((request, response) => {
      if (hangs) return;
      if (offer === undefined) response.writeHead(404).end();
      else if (request.url === '/databases/v6/latest.json') {
        const { built, checksum } = offer;
        const listing = {
          status: 'active',
          schemaVersion: 'v6.1.10',
          built,
          path: 'vulnerability-db.tar.gz',
          checksum,
        };
        response.end(JSON.stringify(listing));
      } else if (request.url?.startsWith('/databases/v6/vulnerability-db.tar.gz') === true) response.end(offer.archive);
      else response.writeHead(404).end();
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
  });
  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await rm(directory, { recursive: true, force: true });
  });

  const mirror = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}/databases`;
  const database = (updateTimeoutMs = 60_000) =>
    createGrype({
      env: process.env,
      databaseDirectory: join(directory, 'db'),
      scratchRoot: join(directory, 'scratch'),
      updateUrl: mirror(),
      updateTimeoutMs,
    }).database;

  async function archiveOf(built: string, advisories: readonly unknown[]): Promise<Offer> {
    await writeGrypeDatabase({ file: join(directory, 'vulnerability.db'), advisories, built: new Date(built) });
    const archive = join(directory, 'archive.tar.gz');
    const { status, stderr } = spawnSync('tar', ['-czf', archive, '-C', directory, 'vulnerability.db'], {
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(stderr);
    const bytes = await readFile(archive);
    return { built, archive: bytes, checksum: `sha256:${createHash('sha256').update(bytes).digest('hex')}` };
  }

  const older = () => archiveOf('2026-11-01T00:00:00Z', [jinjaAdvisory]);
  const newer = () => archiveOf('2026-11-02T00:00:00Z', [jinjaAdvisory, opensslAdvisory]);

  it('takes a newer one, and not the same one again', async () => {
    offer = await older();
    expect(await database().update()).toMatchObject({
      outcome: 'changed',
      database: { built: Date.parse(offer.built) },
    });
    expect(await database().update()).toMatchObject({ outcome: 'unchanged' });
    offer = await newer();
    const change = await database().update();
    expect(change).toMatchObject({ outcome: 'changed', database: { built: Date.parse(offer.built) } });
    expect(await database().status()).toEqual('database' in change ? change.database : undefined);
  });

  it.each(['a wrong checksum', 'half an archive', 'nothing at all', 'no answer'])(
    'keeps the one it has when the mirror has %s, also without a network after a restart',
    async (fault) => {
      offer = await older();
      await database().update();
      const before = await database().status();
      const next = await newer();
      if (fault === 'a wrong checksum') offer = { ...next, checksum: `sha256:${'0'.repeat(64)}` };
      else if (fault === 'half an archive') {
        const archive = next.archive.subarray(0, next.archive.length / 2);
        offer = { ...next, archive, checksum: `sha256:${createHash('sha256').update(archive).digest('hex')}` };
      } else if (fault === 'nothing at all') offer = undefined;
      else hangs = true;
      const change = await database(fault === 'no answer' ? 1500 : undefined).update();
      expect(['failed', 'timedOut']).toContain(change.outcome);
      expect(before).toMatchObject({ state: 'ready', built: Date.parse('2026-11-01T00:00:00Z') });
      expect(await database().status()).toEqual(before);
    },
  );
});
