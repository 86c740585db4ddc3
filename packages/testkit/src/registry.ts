import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createHttpClient } from './http-client.ts';
import { freePort } from './ports.ts';
import { startProgram } from './process.ts';

/** An OCI registry on loopback, over plain HTTP and without a login. */
export interface Registry {
  /** `127.0.0.1:PORT`, the host part of image references. */
  readonly host: string;
  readonly url: string;
  /** Where the blobs are, for tests that damage one. */
  readonly folder: string;
  stop(): Promise<void>;
}

/** Starts Debian's `docker-registry`. @throws PROGRAM_MISSING, PROGRAM_ENDED, PROGRAM_NOT_READY */
export async function startRegistry(): Promise<Registry> {
  const folder = mkdtempSync(path.join(tmpdir(), 'kso-registry-'));
  const host = `127.0.0.1:${await freePort()}`;
  const url = `http://${host}`;
  const config = path.join(folder, 'config.yml');
  // JSON is YAML.
  const storage = { filesystem: { rootdirectory: path.join(folder, 'data') }, delete: { enabled: true } };
  writeFileSync(config, JSON.stringify({ version: 0.1, log: { level: 'warn' }, storage, http: { addr: host } }));
  const http = createHttpClient(url);
  const program = await startProgram({
    program: 'docker-registry',
    args: ['serve', config],
    logFile: path.join(folder, 'registry.log'),
    ready: async () => (await http.request('/v2/')).status === 200,
  });
  http.close();
  return {
    host,
    url,
    folder,
    stop: async () => {
      await program.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
