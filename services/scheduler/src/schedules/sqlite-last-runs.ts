import type { DatabaseSync } from 'node:sqlite';
import { openDatabase, storeError } from '@kso/kit';
import type { LastRuns } from './last-runs.ts';

const migrations = [
  'CREATE TABLE last_run (schedule TEXT PRIMARY KEY, planned_at INTEGER NOT NULL) STRICT, WITHOUT ROWID;',
];

/** In a file of its own. `get` and `set` throw STORE_… when the disk is full or the file damaged. */
export function sqliteLastRuns(path: string): LastRuns & { close(): void } {
  const database = openDatabase(path, { migrations });
  const select = database.prepare('SELECT planned_at FROM last_run WHERE schedule = ?');
  const upsert = database.prepare(
    'INSERT INTO last_run VALUES (?, ?) ON CONFLICT (schedule) DO UPDATE SET planned_at = excluded.planned_at',
  );
  const remove = database.prepare('DELETE FROM last_run WHERE schedule = ?');
  const guarded = <T>(fn: () => T): T => {
    try {
      return fn();
    } catch (error) {
      throw storeError(error, path);
    }
  };
  return {
    get: (schedule) => {
      const row = guarded(() => select.get(schedule));
      return row === undefined ? undefined : Number(row['planned_at']);
    },
    set: (schedule, plannedAt) => void guarded(() => upsert.run(schedule, plannedAt)),
    delete: (schedule) => void guarded(() => remove.run(schedule)),
    close: () => close(database),
  };
}

function close(database: DatabaseSync): void {
  if (database.isOpen) database.close();
}
