import { fail } from '../errors.ts';
import type { AddResult, EndedState, JobFailure, JobRecord, JobState, QueueCounts } from '../port.ts';
import type { JobSpec } from '../shared/job-spec.ts';
import { hasEnded } from '../shared/job-spec.ts';
import { toRecord } from '../shared/stored-job.ts';
import { int, type JournalDatabase, type Row, text } from './database.ts';

/** A job that was given to a worker. */
export interface Claimed {
  readonly run: number;
  readonly record: JobRecord;
}

export interface Cancelled {
  readonly was: 'waiting' | 'running';
  readonly key: string;
  readonly kind: string;
}

export type Ending =
  | { readonly state: 'succeeded'; readonly result: string }
  | { readonly state: 'failed' | 'cancelled' | 'expired'; readonly failure: JobFailure };

const pending = `('waiting', 'delayed', 'active')`;

/** The jobs of the in-process queue: every method is one transaction, so a process may be killed between any two. */
export class Journal {
  readonly #db: JournalDatabase;
  #endNumber: number;

  constructor(db: JournalDatabase) {
    this.#db = db;
    this.#endNumber = int(db.get('SELECT max(end_number) AS last FROM children')?.['last']) ?? 0;
  }

  add(spec: JobSpec, now: number): AddResult & { readonly run: number } {
    return this.#db.transaction(() => {
      const found = this.#db.get(
        'SELECT run, state, rank FROM jobs WHERE key = ? ORDER BY run DESC LIMIT 1',
        spec.job.key,
      );
      const known = found === undefined ? undefined : this.#reuse(spec, found);
      const result = known ?? { key: spec.job.key, outcome: 'added' as const, run: this.#insert(spec, now) };
      this.#db.run('INSERT OR IGNORE INTO job_ids (job_id, run) VALUES (?, ?)', spec.job.jobId, result.run);
      return result;
    });
  }

  /** For somebody who is no parent: the run is not cancelled with the parents that wait for it. */
  addOwn(spec: JobSpec, now: number): AddResult {
    return this.#db.transaction(() => {
      const added = this.add(spec, now);
      this.#db.run('UPDATE jobs SET own = 1 WHERE run = ?', added.run);
      return added;
    });
  }

  #reuse(spec: JobSpec, found: Row): (AddResult & { readonly run: number }) | undefined {
    const { key, reuse } = spec.job;
    const run = int(found['run']) ?? 0;
    const state = text(found['state']) as JobState;
    if (hasEnded(state)) {
      return state === 'succeeded' && reuse === 'succeeded' ? { key, outcome: 'known', run } : undefined;
    }
    // Who joins must not lose the job to the deadline of somebody who asked for it before. `max` with NULL is NULL: no deadline.
    this.#db.run(
      'UPDATE jobs SET rank = min(rank, ?), expires_at = max(expires_at, ?) WHERE run = ?',
      spec.rank,
      spec.job.expiresAt ?? null,
      run,
    );
    return { key, outcome: 'joined', run };
  }

  #insert({ job, json, rank }: JobSpec, now: number): number {
    const row = this.#db.get(
      `INSERT INTO jobs (key, kind, spec, rank, state, expires_at, added_at) VALUES (?, ?, ?, ?, 'waiting', ?, ?) RETURNING run`,
      job.key,
      job.kind,
      json,
      rank,
      job.expiresAt ?? null,
      now,
    );
    return int(row?.['run']) ?? 0;
  }

  /**
   * The next job of the kind, now active; undefined when none waits. Jobs that ran when a process died come after the others of their
   * priority: the one that took it down must not do so before anything else is done, and one that only was there at the time must not
   * be there again at each start of a process that dies for reasons of its own, until it is given up as stalled.
   */
  claim(kind: string, now: number): Claimed | undefined {
    const row = this.#db.get(
      `UPDATE jobs SET state = 'active', started_at = ?, not_before = NULL
       WHERE run = (SELECT run FROM jobs WHERE kind = ? AND state = 'waiting' ORDER BY rank, stalls, run LIMIT 1) RETURNING *`,
      now,
      kind,
    );
    return row === undefined ? undefined : { run: int(row['run']) ?? 0, record: recordOf(row) };
  }

  /** Writes the end of a run and queues its announcement to every parent that waits for it. False if it had ended. */
  end(run: number, ending: Ending, now: number): boolean {
    return this.#db.transaction(() => {
      const failure = ending.state === 'succeeded' ? undefined : ending.failure;
      const changed = this.#db.run(
        `UPDATE jobs SET state = ?, result = ?, failure_code = ?, failure_message = ?, finished_at = ?, not_before = NULL,
           attempts_made = attempts_made + ? WHERE run = ? AND state IN ${pending}`,
        ending.state,
        ending.state === 'succeeded' ? ending.result : null,
        failure?.code ?? null,
        failure?.message ?? null,
        now,
        ending.state === 'succeeded' || ending.state === 'failed' ? 1 : 0,
        run,
      );
      if (changed === 0) return false;
      for (const { parent_id: parentId, key } of this.#db.all(
        `SELECT parent_id, key FROM children WHERE run = ? AND state = 'open'`,
        run,
      ))
        this.queueEnd(text(parentId) ?? '', text(key) ?? '', ending.state);
      return true;
    });
  }

  queueEnd(parentId: string, key: string, state: EndedState): void {
    this.#endNumber += 1;
    this.#db.run(
      `UPDATE children SET state = 'ended', end_number = ? WHERE parent_id = ? AND key = ?`,
      this.#endNumber,
      parentId,
      key,
    );
    this.#db.run(`UPDATE parents SET to_announce = to_announce + 1, ${state} = ${state} + 1 WHERE id = ?`, parentId);
  }

  retry(run: number, failure: JobFailure, notBefore: number): void {
    this.#db.run(
      `UPDATE jobs SET state = 'delayed', not_before = ?, failure_code = ?, failure_message = ?, attempts_made = attempts_made + 1
       WHERE run = ? AND state = 'active'`,
      notBefore,
      failure.code,
      failure.message,
      run,
    );
  }

  release(run: number, now: number): void {
    this.#db.transaction(() => {
      const row = this.#db.get(
        `UPDATE jobs SET state = 'waiting' WHERE run = ? AND state = 'active' RETURNING cancelled`,
        run,
      );
      if (row?.['cancelled'] === 1) this.end(run, cancelledEnding, now);
    });
  }

  /** Jobs that were running when the process died: back to the queue, or failed when that happened too often. */
  recover(maxStalls: number, now: number): { readonly kind: string; readonly failed: boolean }[] {
    return this.#db.transaction(() =>
      this.#db.all(`SELECT run, kind, stalls, cancelled FROM jobs WHERE state = 'active' ORDER BY run`).map((row) => {
        const run = int(row['run']) ?? 0;
        const stalls = (int(row['stalls']) ?? 0) + 1;
        const failed = stalls > maxStalls || row['cancelled'] === 1;
        this.#db.run(`UPDATE jobs SET state = 'waiting', stalls = ? WHERE run = ?`, stalls, run);
        if (row['cancelled'] === 1) this.end(run, cancelledEnding, now);
        else if (failed) this.end(run, stalledEnding(stalls), now);
        return { kind: text(row['kind']) ?? '', failed };
      }),
    );
  }

  progress(run: number, json: string): void {
    this.#db.run(`UPDATE jobs SET progress = ? WHERE run = ? AND state = 'active'`, json, run);
  }

  /** `running`: its worker has to be told. `waiting`: it waited and is cancelled now. */
  cancel(key: string, now: number): Cancelled | undefined {
    return this.#db.transaction(() => {
      const row = this.#db.get(
        `SELECT run, kind, state FROM jobs WHERE key = ? AND state IN ${pending} ORDER BY run DESC LIMIT 1`,
        key,
      );
      if (row === undefined) return undefined;
      const run = int(row['run']) ?? 0;
      const kind = text(row['kind']) ?? '';
      this.#db.run('UPDATE jobs SET cancelled = 1 WHERE run = ?', run);
      if (row['state'] === 'active') return { was: 'running', key, kind };
      this.end(run, cancelledEnding, now);
      return { was: 'waiting', key, kind };
    });
  }

  /** Wakes delayed jobs that are due and ends waiting ones that came too late; the kinds of the latter. */
  tick(now: number): string[] {
    return this.#db.transaction(() => {
      this.#db.run(
        `UPDATE jobs SET state = 'waiting', not_before = NULL WHERE state = 'delayed' AND not_before <= ?`,
        now,
      );
      const late = this.#db.all(
        `SELECT run, kind FROM jobs WHERE state IN ('waiting', 'delayed') AND expires_at IS NOT NULL AND expires_at <= ?`,
        now,
      );
      for (const row of late) this.end(int(row['run']) ?? 0, expiredEnding, now);
      return late.map((row) => text(row['kind']) ?? '');
    });
  }

  /** When `tick` has something to do next. */
  nextTick(): number | undefined {
    const row = this.#db.get(`
      SELECT min(due) AS due FROM (
        SELECT min(not_before) AS due FROM jobs WHERE state = 'delayed'
        UNION ALL
        SELECT min(expires_at) FROM jobs WHERE state IN ('waiting', 'delayed') AND expires_at IS NOT NULL)`);
    return int(row?.['due']);
  }

  get(key: string): JobRecord | undefined {
    const row = this.#db.get('SELECT * FROM jobs WHERE key = ? ORDER BY run DESC LIMIT 1', key);
    return row === undefined ? undefined : recordOf(row);
  }

  getByJobId(jobId: string): JobRecord | undefined {
    const row = this.#db.get('SELECT * FROM jobs WHERE run = (SELECT max(run) FROM job_ids WHERE job_id = ?)', jobId);
    return row === undefined ? undefined : recordOf(row);
  }

  list(filter: { kind?: string; states?: readonly JobState[]; limit: number }): JobRecord[] {
    const states = JSON.stringify(filter.states ?? []);
    return this.#db
      .all(
        `SELECT * FROM jobs WHERE (?1 IS NULL OR kind = ?1)
           AND (?2 = '[]' OR state IN (SELECT value FROM json_each(?2))) ORDER BY run DESC LIMIT ?3`,
        filter.kind ?? null,
        states,
        Math.max(0, Math.floor(filter.limit)),
      )
      .map(recordOf);
  }

  counts(kind: string): QueueCounts & { readonly oldest: number | undefined } {
    const row = this.#db.get(
      `SELECT count(*) FILTER (WHERE state = 'waiting') AS waiting, count(*) FILTER (WHERE state = 'delayed') AS delayed,
         count(*) FILTER (WHERE state = 'active') AS active, min(added_at) FILTER (WHERE state = 'waiting') AS oldest
       FROM jobs WHERE kind = ? AND state IN ${pending}`,
      kind,
    );
    return {
      waiting: int(row?.['waiting']) ?? 0,
      delayed: int(row?.['delayed']) ?? 0,
      active: int(row?.['active']) ?? 0,
      oldest: int(row?.['oldest']),
    };
  }

  kinds(): string[] {
    return this.#db.all('SELECT DISTINCT kind FROM jobs').map((row) => text(row['kind']) ?? '');
  }

  /** Forgets ended runs beyond the retention, except those whose end a parent has still to be told. */
  prune(keepCount: number, endedBefore: number): void {
    const kept = `run NOT IN (SELECT run FROM children WHERE state = 'ended')`;
    this.#db.run(`DELETE FROM jobs WHERE finished_at < ? AND ${kept}`, endedBefore);
    this.#db.run(
      `DELETE FROM jobs WHERE run IN (SELECT run FROM jobs WHERE finished_at IS NOT NULL
         ORDER BY finished_at DESC, run DESC LIMIT -1 OFFSET ?) AND ${kept}`,
      keepCount,
    );
  }
}

const ended = (state: 'failed' | 'cancelled' | 'expired', error: { code: string; message: string }): Ending => ({
  state,
  failure: { code: error.code, message: error.message },
});
const cancelledEnding = ended('cancelled', fail('JOB_CANCELLED'));
const expiredEnding = ended('expired', fail('JOB_EXPIRED'));
const stalledEnding = (stalls: number): Ending => ended('failed', fail('JOB_STALLED', { stalls }));

export function recordOf(row: Row): JobRecord {
  return toRecord({
    spec: text(row['spec']) ?? '{}',
    rank: int(row['rank']) ?? 3,
    state: text(row['state']) as JobState,
    attemptsMade: int(row['attempts_made']) ?? 0,
    progress: text(row['progress']),
    result: text(row['result']),
    failureCode: text(row['failure_code']),
    failureMessage: text(row['failure_message']),
    addedAt: int(row['added_at']) ?? 0,
    startedAt: int(row['started_at']),
    finishedAt: int(row['finished_at']),
  });
}
