import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { SbomRequest } from './port.ts';

/**
 * Writes Syft's configuration of one scan. Logins stand in this file (mode 0600, in the scan's own folder) and nowhere else: not on the
 * command line, not in a URL, not in the environment. JSON is YAML, so every character of a password arrives as it is.
 */
export async function writeSyftConfiguration(directory: string, { source }: SbomRequest): Promise<string> {
  const registry =
    source.type === 'registry'
      ? {
          'insecure-use-http': source.plainHttp,
          'insecure-skip-tls-verify': source.skipTlsVerify,
          auth: source.credentials.map(({ authority, username, password, token }) => ({
            authority,
            ...(username === undefined ? {} : { username }),
            ...(password === undefined ? {} : { password }),
            ...(token === undefined ? {} : { token }),
          })),
        }
      : undefined;
  const configuration = {
    'check-for-app-update': false,
    // One layer and one cataloguer at a time: the main switch for memory (kubevuln.md A.3).
    parallelism: 1,
    ...(registry === undefined ? {} : { registry }),
  };
  const file = join(directory, 'syft.yaml');
  await writeFile(file, JSON.stringify(configuration), { mode: 0o600, flag: 'wx' });
  return file;
}
