import type { DatabaseSync } from 'node:sqlite';
import type { z } from 'zod';
import type { Registry } from './model.ts';
import { decodeCursor, encodeCursor, type RepositoryQuery } from './query.ts';
import { integer, isoTime, optional, text, toPage } from './rows.ts';

/** Registries whose repositories were listed, and the repositories of one. */
export function createRegistryQueries(sql: DatabaseSync) {
  const all = sql.prepare(
    `SELECT registry, count(*) AS repositories, max(seen_at) AS seen_at, job_id FROM registry_repository
     WHERE account = ? GROUP BY registry ORDER BY registry`,
  );
  const repositories = sql.prepare(
    'SELECT name FROM registry_repository WHERE account = ? AND registry = ? AND name > ? ORDER BY name LIMIT ?',
  );
  return {
    list: (account: string): z.output<typeof Registry>[] =>
      all.all(account).map((row) => ({
        name: text(row, 'registry'),
        repositories: integer(row, 'repositories'),
        seenAt: isoTime(row, 'seen_at'),
        ...optional(row, 'job_id', 'jobId'),
      })),
    repositories(account: string, query: z.output<typeof RepositoryQuery>) {
      const [after = ''] = decodeCursor(query.after, ['']);
      const found = repositories.all(account, query.registry, after, query.limit + 1);
      const name = (row: (typeof found)[number]) => text(row, 'name');
      return toPage(
        found,
        query.limit,
        (row) => ({ name: name(row) }),
        (row) => encodeCursor([name(row)]),
      );
    },
  };
}
