import type { JsonObject } from '@kso/wire';
import { fail } from '../errors.ts';
import type { AddResult, ChildEnd, JobState, ParentRecord, ParentSummary } from '../port.ts';
import type { EndSource } from '../shared/announcer.ts';
import { asCancelled, hasEnded, type JobSpec, outcomesOf } from '../shared/job-spec.ts';
import { int, type JournalDatabase, type Row, text } from './database.ts';
import { type Cancelled, type Journal, recordOf } from './journal.ts';

/** Who waits for which jobs. Its ends are given out in the order in which they happened, one per parent at a time. */
export class Parents implements EndSource<ChildEnd> {
  readonly #db: JournalDatabase;
  readonly #journal: Journal;
  readonly #now: () => number;
  /** Parents whose handler runs, or that wait for another try until the time given. In memory: a restart starts afresh. */
  readonly #busyUntil = new Map<string, number>();

  constructor(db: JournalDatabase, journal: Journal, now: () => number) {
    this.#db = db;
    this.#journal = journal;
    this.#now = now;
  }

  open(id: string, data: JsonObject): void {
    this.#db.run(
      'INSERT OR IGNORE INTO parents (id, data, opened_at) VALUES (?, ?, ?)',
      id,
      JSON.stringify(data),
      this.#now(),
    );
  }

  addChild(parentId: string, spec: JobSpec): AddResult {
    const { key } = spec.job;
    return this.#db.transaction(() => {
      const parent = this.#db.get('SELECT sealed FROM parents WHERE id = ?', parentId);
      if (parent === undefined) throw fail('PARENT_UNKNOWN', { parentId });
      const child = this.#db.get('SELECT state FROM children WHERE parent_id = ? AND key = ?', parentId, key);
      if (child !== undefined) return { key, outcome: child['state'] === 'open' ? 'joined' : 'known' };
      if (parent['sealed'] === 1) throw fail('PARENT_SEALED', { parentId });
      const { outcome, run } = this.#journal.add(spec, this.#now());
      this.#db.run(`INSERT INTO children (parent_id, key, run, state) VALUES (?, ?, ?, 'open')`, parentId, key, run);
      const state = text(this.#db.get('SELECT state FROM jobs WHERE run = ?', run)?.['state']) as JobState;
      this.#db.run('UPDATE parents SET total = total + 1 WHERE id = ?', parentId);
      if (hasEnded(state)) this.#journal.queueEnd(parentId, key, state);
      return { key, outcome };
    });
  }

  seal(parentId: string, note: JsonObject | undefined): void {
    this.#db.transaction(() => {
      const parent = this.#db.get('SELECT sealed FROM parents WHERE id = ?', parentId);
      if (parent === undefined) throw fail('PARENT_UNKNOWN', { parentId });
      if (parent['sealed'] === 1) return;
      this.#db.run(
        'UPDATE parents SET sealed = 1, note = ? WHERE id = ?',
        note === undefined ? null : JSON.stringify(note),
        parentId,
      );
      this.#complete(parentId);
    });
  }

  /** The runs that nobody else waits for; undefined if the parent is complete or unknown. */
  cancel(parentId: string): Cancelled[] | undefined {
    return this.#db.transaction(() => {
      const parent = this.#db.get('SELECT completed_at FROM parents WHERE id = ?', parentId);
      if (parent === undefined || parent['completed_at'] !== null) return undefined;
      const now = this.#now();
      this.#db.run(
        'UPDATE parents SET sealed = 1, cancelled_at = coalesce(cancelled_at, ?) WHERE id = ?',
        now,
        parentId,
      );
      const open = this.#db.all(
        `SELECT c.key, j.own OR EXISTS (
           SELECT 1 FROM children AS o WHERE o.run = c.run AND o.state = 'open' AND o.parent_id <> c.parent_id) AS shared
         FROM children AS c JOIN jobs AS j ON j.run = c.run WHERE c.parent_id = ? AND c.state = 'open'`,
        parentId,
      );
      const cancelled: Cancelled[] = [];
      for (const row of open) {
        const key = text(row['key']) ?? '';
        if (row['shared'] === 1) this.#leave(parentId, key);
        else cancelled.push(...[this.#journal.cancel(key, now)].filter((each) => each !== undefined));
      }
      this.#complete(parentId);
      return cancelled;
    });
  }

  get(id: string): ParentRecord | undefined {
    const row = this.#db.get('SELECT * FROM parents WHERE id = ?', id);
    if (row === undefined) return undefined;
    const children = this.#db.all('SELECT key, state FROM children WHERE parent_id = ?', id);
    const keys = (rows: Row[]): string[] => rows.map((child) => text(child['key']) ?? '');
    const ended = keys(children.filter((child) => child['state'] === 'acked'));
    return { ...summaryOf(row), children: keys(children), ended };
  }

  list(filter: { complete?: boolean; limit: number }): ParentSummary[] {
    return this.#db
      .all(
        `SELECT * FROM parents WHERE ?1 IS NULL OR (completed_at IS NOT NULL) = ?1 ORDER BY opened_at DESC, rowid DESC LIMIT ?2`,
        filter.complete === undefined ? null : Number(filter.complete),
        Math.max(0, Math.floor(filter.limit)),
      )
      .map(summaryOf);
  }

  /** Forgets complete parents beyond the retention and gives up those that are open for too long; the ids of the latter. */
  prune(keepCount: number, completedBefore: number, openedBefore: number): string[] {
    return this.#db.transaction(() => {
      this.#db.run('DELETE FROM parents WHERE completed_at < ?', completedBefore);
      this.#db.run(
        `DELETE FROM parents WHERE id IN (SELECT id FROM parents WHERE completed_at IS NOT NULL
           ORDER BY completed_at DESC LIMIT -1 OFFSET ?)`,
        keepCount,
      );
      const abandoned = this.#db.all(
        'DELETE FROM parents WHERE completed_at IS NULL AND opened_at < ? RETURNING id',
        openedBefore,
      );
      return abandoned.map((row) => text(row['id']) ?? '');
    });
  }

  async take(): Promise<ChildEnd | undefined> {
    const now = this.#now();
    const busy = [...this.#busyUntil].filter(([, until]) => until > now).map(([id]) => id);
    // The only child that is left is held back until its parent is sealed.
    const parent = this.#db.get(
      `SELECT id, data, sealed, total - acked AS outstanding FROM parents
       WHERE to_announce > 0 AND (sealed = 1 OR total - acked > 1) AND id NOT IN (SELECT value FROM json_each(?))
       ORDER BY opened_at LIMIT 1`,
      JSON.stringify(busy),
    );
    if (parent === undefined) return undefined;
    const parentId = text(parent['id']) ?? '';
    const row = this.#db.get(
      `SELECT j.*, c.has_left FROM children AS c JOIN jobs AS j ON j.run = c.run
       WHERE c.parent_id = ? AND c.state = 'ended' ORDER BY c.end_number LIMIT 1`,
      parentId,
    );
    if (row === undefined) return undefined;
    this.#busyUntil.set(parentId, Number.POSITIVE_INFINITY);
    const child = row['has_left'] === 1 ? asCancelled(recordOf(row)) : recordOf(row);
    const remaining = (int(parent['outstanding']) ?? 1) - 1;
    const complete = parent['sealed'] === 1 && remaining === 0;
    return { parentId, data: JSON.parse(text(parent['data']) ?? '{}') as JsonObject, child, remaining, complete };
  }

  async acknowledge({ parentId, child }: ChildEnd): Promise<void> {
    this.#db.transaction(() => {
      const acked = `UPDATE children SET state = 'acked' WHERE parent_id = ? AND key = ? AND state = 'ended'`;
      const changed = this.#db.run(acked, parentId, child.key);
      const counted = 'UPDATE parents SET acked = acked + ?1, to_announce = to_announce - ?1 WHERE id = ?2';
      this.#db.run(counted, changed, parentId);
      this.#complete(parentId);
    });
    this.#busyUntil.delete(parentId);
  }

  async postpone({ parentId }: ChildEnd, delayMs: number): Promise<void> {
    this.#busyUntil.set(parentId, this.#now() + delayMs);
  }

  /** The run goes on for others; for this parent its end is that it was cancelled. */
  #leave(parentId: string, key: string): void {
    this.#db.run('UPDATE children SET has_left = 1 WHERE parent_id = ? AND key = ?', parentId, key);
    this.#journal.queueEnd(parentId, key, 'cancelled');
  }

  #complete(parentId: string): void {
    this.#db.run(
      'UPDATE parents SET completed_at = ? WHERE id = ? AND sealed = 1 AND completed_at IS NULL AND total = acked',
      this.#now(),
      parentId,
    );
  }
}

function summaryOf(row: Row): ParentSummary {
  const note = text(row['note']);
  const completedAt = int(row['completed_at']);
  const cancelledAt = int(row['cancelled_at']);
  return {
    id: text(row['id']) ?? '',
    data: JSON.parse(text(row['data']) ?? '{}') as JsonObject,
    total: int(row['total']) ?? 0,
    outcomes: outcomesOf((state) => int(row[state]) ?? 0),
    sealed: row['sealed'] === 1,
    ...(note === undefined ? {} : { note: JSON.parse(note) as JsonObject }),
    openedAt: int(row['opened_at']) ?? 0,
    ...(completedAt === undefined ? {} : { completedAt }),
    ...(cancelledAt === undefined ? {} : { cancelledAt }),
  };
}
