import type { DatabaseSync } from 'node:sqlite';
import { rows } from '@kso/store';

export interface PartState {
  readonly id: number;
  /** This part was the last one missing. */
  readonly becameComplete: boolean;
}

/** Counts the parts of reports. A report is complete when its last part and all before it are there, in whatever order they came. */
export function createParts(
  sql: DatabaseSync,
  table: { readonly report: string; readonly part: string; readonly key: string },
) {
  const insert = sql.prepare(`INSERT OR IGNORE INTO ${table.part} (${table.key}, number) VALUES (?, ?)`);
  const update = sql.prepare(
    `UPDATE ${table.report} SET
       parts = (SELECT count(*) FROM ${table.part} WHERE ${table.key} = ?1),
       last_part = coalesce(?2, last_part)
     WHERE id = ?1 RETURNING parts, last_part, is_complete`,
  );
  const complete = sql.prepare(`UPDATE ${table.report} SET is_complete = 1 WHERE id = ?`);
  return {
    add(id: number, part: { readonly number: number; readonly isLast: boolean }): PartState {
      insert.run(id, part.number);
      const row = update.get(id, part.isLast ? part.number : null) ?? {};
      const hasAll = row['last_part'] !== null && rows.integer(row, 'parts') === rows.integer(row, 'last_part') + 1;
      const becameComplete = hasAll && rows.integer(row, 'is_complete') === 0;
      if (becameComplete) complete.run(id);
      return { id, becameComplete };
    },
  };
}
