import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createHttpClient } from './http-client.ts';
import { freePort } from './ports.ts';
import { startProgram } from './process.ts';

/** An OCI registry on loopback; by default over plain HTTP and without a login. */
export interface Registry {
  /** `127.0.0.1:PORT`, the host part of image references. */
  readonly host: string;
  readonly url: string;
  /** Where the blobs are, for tests that damage one. */
  readonly folder: string;
  stop(): Promise<void>;
}

export interface RegistryOptions {
  /** Lets in this user only, with `registryPassword`. */
  readonly login?: boolean;
  /** Speaks TLS with this certificate, PEM files. */
  readonly tls?: { readonly certificate: string; readonly key: string };
  /** Of another registry, whose images this one shows as well. */
  readonly folder?: string;
  /** Listens at all addresses under this port, for clients that are elsewhere. */
  readonly port?: number;
}

/** Who is let in by a registry with a login. */
export const registryUser = 'robot';
export const registryPassword = 'pass-of-the-test';
const passwordHash = '$2y$05$abcdefghijklmnopqrstuuMPWiKBEYUwA.RgAcKyeNGutet1WhjJ.';

/** Starts Debian's `docker-registry`. @throws PROGRAM_MISSING, PROGRAM_ENDED, PROGRAM_NOT_READY */
export async function startRegistry(options: RegistryOptions = {}): Promise<Registry> {
  const own = mkdtempSync(path.join(tmpdir(), 'kso-registry-'));
  const folder = options.folder ?? own;
  const host = `127.0.0.1:${options.port ?? (await freePort())}`;
  const url = `${options.tls === undefined ? 'http' : 'https'}://${host}`;
  const config = path.join(own, 'config.yml');
  // JSON is YAML.
  writeFileSync(config, JSON.stringify(configuration(options, { own, folder, host })));
  const { tls } = options;
  const http = createHttpClient(url, tls === undefined ? {} : { ca: readFileSync(tls.certificate, 'utf8') });
  const program = await startProgram({
    program: 'docker-registry',
    args: ['serve', config],
    logFile: path.join(own, 'registry.log'),
    ready: async () => [200, 401].includes((await http.request('/v2/')).status),
  });
  http.close();
  return {
    host,
    url,
    folder,
    stop: async () => {
      await program.stop();
      rmSync(own, { recursive: true, force: true });
    },
  };
}

function configuration(
  { login, tls, port }: RegistryOptions,
  { own, folder, host }: { own: string; folder: string; host: string },
): object {
  const storage = { filesystem: { rootdirectory: path.join(folder, 'data') }, delete: { enabled: true } };
  const users = path.join(own, 'users');
  if (login === true) writeFileSync(users, `${registryUser}:${passwordHash}\n`);
  return {
    version: 0.1,
    log: { level: 'warn' },
    storage,
    http: {
      addr: port === undefined ? host : `0.0.0.0:${port}`,
      ...(tls === undefined ? {} : { tls: { certificate: tls.certificate, key: tls.key } }),
    },
    ...(login === true ? { auth: { htpasswd: { realm: 'test', path: users } } } : {}),
  };
}
