import type { DatabaseSync } from 'node:sqlite';
import { rows } from '@kso/store';
import type { Schedule, ScheduleKind } from './edits.ts';

/**
 * What is known of a recurring scan: the state of the command that asked for it or, once there is one, of the command that ends it.
 * `requested`, `ending`: the cluster has not told yet.
 */
export type ScheduleState = 'requested' | 'active' | 'refused' | 'ending' | 'endingFailed';

export interface KnownSchedule extends Schedule {
  readonly state: ScheduleState;
  /** Why the cluster refused. */
  readonly errors: readonly string[];
  readonly createdAt: number;
}

const isDone = (status: unknown) => status === 'done' || status === 'success';

/** Reads the recurring scans that were asked for; those that have ended are not among them. */
export function createScheduleQueries(sql: DatabaseSync) {
  const columns = `SELECT s.*, j.status AS status, j.errors AS errors, e.status AS ending_status, e.errors AS ending_errors
    FROM schedule s LEFT JOIN job j ON j.account = s.account AND j.job_id = s.job_id
      LEFT JOIN job e ON e.account = s.account AND e.job_id = s.ending_job_id`;
  const all = sql.prepare(
    `${columns} WHERE s.account = ?1 AND (?2 IS NULL OR s.cluster = ?2) ORDER BY s.cluster, s.created_at, s.name`,
  );
  const one = sql.prepare(`${columns} WHERE s.account = ? AND s.cluster = ? AND s.name = ?`);
  const equal = sql.prepare(
    `${columns} WHERE s.account = ? AND s.cluster = ? AND s.kind = ? AND s.target = ? AND s.cron = ? AND s.time_zone = ?
       AND s.ending_job_id IS NULL`,
  );
  return {
    list: (account: string, cluster: string | undefined): KnownSchedule[] =>
      all.all(account, cluster ?? null).flatMap((row) => known(row)),
    find: (account: string, cluster: string, name: string): KnownSchedule | undefined =>
      known(one.get(account, cluster, name))[0],
    findEqual: ({ account, cluster, kind, target, cron, timeZone }: Schedule): KnownSchedule | undefined =>
      known(equal.get(account, cluster, kind, target, cron, timeZone))[0],
  };
}

export type ScheduleQueries = ReturnType<typeof createScheduleQueries>;

function known(row: rows.Row | undefined): KnownSchedule[] {
  if (row === undefined || isDone(row['ending_status'])) return [];
  const text = (column: string) => rows.text(row, column);
  const isEnding = row['ending_job_id'] !== null;
  const [status, errors] = isEnding ? [row['ending_status'], row['ending_errors']] : [row['status'], row['errors']];
  return [
    {
      account: text('account'),
      cluster: text('cluster'),
      name: text('name'),
      kind: text('kind') as ScheduleKind,
      target: text('target'),
      cron: text('cron'),
      timeZone: text('time_zone'),
      jobId: text('job_id'),
      createdAt: rows.integer(row, 'created_at'),
      state: stateOf(status, isEnding),
      errors: status === 'failure' && typeof errors === 'string' ? (JSON.parse(errors) as string[]) : [],
    },
  ];
}

function stateOf(status: unknown, isEnding: boolean): ScheduleState {
  if (status === 'failure') return isEnding ? 'endingFailed' : 'refused';
  if (isEnding) return 'ending';
  return isDone(status) ? 'active' : 'requested';
}
