import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isRecord, parseImageReference } from '@kso/domain';
import { covers, parseAuthority } from '@kso/registry';
import { RegistryCredentials } from '@kso/wire';
import type { CliHost } from '../host.ts';
import { askCredentialHelper } from './credential-helper.ts';

/** Docker Hub's name in docker's configuration and helpers. */
const hubServer = 'https://index.docker.io/v1/';

/**
 * Logins for the registry of an image from the user's docker configuration (`$DOCKER_CONFIG`, else `~/.docker`): the helper of the
 * registry (`credHelpers`), else that for all (`credsStore`), and what stands in the file. A login goes to no other registry than its
 * own (B29).
 */
export async function dockerLogins(reference: string, host: CliHost): Promise<RegistryCredentials[]> {
  const parsed = parseImageReference(reference);
  if (parsed.type !== 'reference') return [];
  const { registry, repository } = parsed.reference;
  const folder = host.env['DOCKER_CONFIG'] ?? join(host.home, '.docker');
  const config = readConfig(join(folder, 'config.json'));
  const helped = await fromHelper(config, registry, host);
  const written = Object.entries(recordOf(config['auths'])).flatMap(([key, entry]) => {
    const authority = parseAuthority(key);
    if (authority === undefined || !covers(authority, registry, repository)) return [];
    // With a helper, the file has empty entries for the servers that it knows.
    const login = RegistryCredentials.safeParse(entry);
    return login.success ? [{ ...login.data, serveraddress: key }] : [];
  });
  return helped === undefined ? written : [helped, ...written];
}

async function fromHelper(
  config: Readonly<Record<string, unknown>>,
  registry: string,
  host: CliHost,
): Promise<RegistryCredentials | undefined> {
  const server = registry === 'docker.io' ? hubServer : registry;
  const own = Object.entries(recordOf(config['credHelpers'])).find(([key]) => parseAuthority(key)?.host === registry);
  const helper = own?.[1] ?? config['credsStore'];
  if (typeof helper !== 'string' || helper === '') return undefined;
  return askCredentialHelper(helper, own?.[0] ?? server, host);
}

function readConfig(file: string): Readonly<Record<string, unknown>> {
  try {
    return recordOf(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    // No file, or none that can be read: images are pulled anonymously.
    return {};
  }
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return isRecord(value) ? value : {};
}
