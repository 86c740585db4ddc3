import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isRecord, parseImageReference } from '@kso/domain';
import { covers, parseAuthority } from '@kso/registry';
import { RegistryCredentials } from '@kso/wire';
import type { CliHost } from '../host.ts';

/**
 * Logins for the registry of an image from the user's docker configuration (`$DOCKER_CONFIG`, else `~/.docker`). Only what stands in
 * the file is used: credential helpers are not asked. A login goes to no other registry than its own (B29).
 */
export function dockerLogins(reference: string, host: CliHost): RegistryCredentials[] {
  const parsed = parseImageReference(reference);
  if (parsed.type !== 'reference') return [];
  const { registry, repository } = parsed.reference;
  const folder = host.env['DOCKER_CONFIG'] ?? join(host.home, '.docker');
  return Object.entries(authsOf(join(folder, 'config.json'))).flatMap(([key, entry]) => {
    const authority = parseAuthority(key);
    if (authority === undefined || !covers(authority, registry, repository)) return [];
    const login = RegistryCredentials.safeParse(entry);
    return login.success ? [{ ...login.data, serveraddress: key }] : [];
  });
}

function authsOf(file: string): Readonly<Record<string, unknown>> {
  try {
    const parsed: unknown = JSON.parse(readFileSync(file, 'utf8'));
    return isRecord(parsed) && isRecord(parsed['auths']) ? parsed['auths'] : {};
  } catch {
    // No file, or none that can be read: images are pulled anonymously.
    return {};
  }
}
