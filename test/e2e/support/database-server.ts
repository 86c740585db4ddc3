import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { writeGrypeDatabase } from '@kso/engines';
import { jinjaAdvisory, opensslAdvisory } from '@kso/testkit/grype-database';

export interface DatabaseServer {
  stop(): Promise<void>;
}

/** A place of Grype databases as an installation without internet has one, at `/databases`: listing and archive by plain HTTP. */
export async function serveDatabase(host: string, port: number): Promise<DatabaseServer> {
  const folder = mkdtempSync(path.join(tmpdir(), 'kso-databases-'));
  const built = new Date();
  await writeGrypeDatabase({
    file: path.join(folder, 'vulnerability.db'),
    advisories: [jinjaAdvisory, opensslAdvisory],
    built,
  });
  const archive = 'vulnerability-db.tar.gz';
  spawnSync('tar', ['-czf', archive, 'vulnerability.db'], { cwd: folder });
  const checksum = createHash('sha256')
    .update(readFileSync(path.join(folder, archive)))
    .digest('hex');
  const listing = JSON.stringify({
    status: 'active',
    schemaVersion: 'v6.1.10',
    built: built.toISOString(),
    path: archive,
    checksum: `sha256:${checksum}`,
  });
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    if (pathname === '/databases/v6/latest.json') response.end(listing);
    else if (pathname === `/databases/v6/${archive}`) createReadStream(path.join(folder, archive)).pipe(response);
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(port, host, resolve));
  return {
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
