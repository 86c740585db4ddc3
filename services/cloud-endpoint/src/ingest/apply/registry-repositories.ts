import type { DatabaseSync } from 'node:sqlite';
import type { RegistryParameters, RegistryRepositories } from '../formats/registry-repositories.ts';

/** Writes what a registry holds: the newest list counts, whole. */
export function createRegistryApplier(sql: DatabaseSync) {
  const clear = sql.prepare('DELETE FROM registry_repository WHERE account = ? AND registry = ?');
  const insert = sql.prepare(
    'INSERT OR IGNORE INTO registry_repository (account, registry, name, job_id, seen_at) VALUES (?, ?, ?, ?, ?)',
  );
  return (account: string, { registryName, jobID }: RegistryParameters, list: RegistryRepositories, now: number) => {
    clear.run(account, registryName);
    for (const { repositoryName } of list) insert.run(account, registryName, repositoryName, jobID || null, now);
    return { what: 'registries' as const, ...(jobID ? { jobId: jobID } : {}) };
  };
}
