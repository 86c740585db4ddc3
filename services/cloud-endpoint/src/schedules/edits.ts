import type { DatabaseSync } from 'node:sqlite';
import type { EditOutcome } from '../policy/edits.ts';

export type ScheduleKind = 'posture' | 'images';

/** A recurring scan of a cluster, as it was asked for. */
export interface Schedule {
  readonly account: string;
  readonly cluster: string;
  /** What the operator calls its CronJob, or what a suite of one process keeps it under. */
  readonly name: string;
  readonly kind: ScheduleKind;
  /** A framework; a namespace; empty for everything. */
  readonly target: string;
  readonly cron: string;
  readonly timeZone: string;
  /** Of the command that asks for it. */
  readonly jobId: string;
}

export type ScheduleEdit =
  /** One that is there already, under another name, is not made twice. */
  | { readonly type: 'putSchedule'; readonly schedule: Schedule }
  /** The command that ends it was sent. */
  | {
      readonly type: 'endSchedule';
      readonly account: string;
      readonly cluster: string;
      readonly name: string;
      readonly jobId: string;
    }
  | { readonly type: 'forgetSchedule'; readonly account: string; readonly cluster: string; readonly name: string };

/** Each is a CronJob in the cluster. */
export const maxSchedules = 200;

/** Writes recurring scans; inside of a transaction that the caller has begun. */
export function createScheduleEdits(sql: DatabaseSync): (edit: ScheduleEdit, now: number) => EditOutcome {
  const insert = sql.prepare(
    `INSERT OR IGNORE INTO schedule (account, cluster, name, kind, target, cron, time_zone, job_id, created_at)
     SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9 WHERE NOT EXISTS (
       SELECT 1 FROM schedule WHERE account = ?1 AND cluster = ?2 AND kind = ?4 AND target = ?5 AND cron = ?6
         AND time_zone = ?7 AND ending_job_id IS NULL)`,
  );
  const count = sql.prepare(
    `SELECT count(*) AS n FROM schedule s WHERE account = ? AND cluster = ? AND NOT EXISTS (
       SELECT 1 FROM job e WHERE e.account = s.account AND e.job_id = s.ending_job_id AND e.status IN ('done', 'success'))`,
  );
  const end = sql.prepare('UPDATE schedule SET ending_job_id = ? WHERE account = ? AND cluster = ? AND name = ?');
  const forget = sql.prepare('DELETE FROM schedule WHERE account = ? AND cluster = ? AND name = ?');
  const done = { kind: 'done', created: 0, changed: 0, removed: 0 } as const;

  return (edit, now) => {
    switch (edit.type) {
      case 'putSchedule': {
        const { account, cluster, name, kind, target, cron, timeZone, jobId } = edit.schedule;
        if (Number(count.get(account, cluster)?.['n']) >= maxSchedules) return { kind: 'full', limit: maxSchedules };
        const { changes } = insert.run(account, cluster, name, kind, target, cron, timeZone, jobId, now);
        return { ...done, created: Number(changes) };
      }
      case 'endSchedule':
        return { ...done, changed: Number(end.run(edit.jobId, edit.account, edit.cluster, edit.name).changes) };
      default:
        return { ...done, removed: Number(forget.run(edit.account, edit.cluster, edit.name).changes) };
    }
  };
}
