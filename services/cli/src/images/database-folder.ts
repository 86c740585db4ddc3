import { join } from 'node:path';
import type { CliHost } from '../host.ts';

/** Where Grype itself keeps its vulnerability database: what `grype db update` brings is used here too, and the other way round. */
export function userDatabaseFolder(host: CliHost): string {
  const set = host.env['GRYPE_DB_CACHE_DIR'];
  if (set !== undefined && set !== '') return set;
  const cache = host.env['XDG_CACHE_HOME'];
  return join(cache === undefined || cache === '' ? join(host.home, '.cache') : cache, 'grype', 'db');
}
