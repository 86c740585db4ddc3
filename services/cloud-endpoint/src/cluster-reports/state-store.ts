import path from 'node:path';
import { openDatabase, transaction } from '@kso/kit';
import { rows } from '@kso/store';
import { type ReadReport, type ReportSection, reportSections } from './cluster-report.ts';

/** Whose state: account (empty when none is configured) and cluster. */
export interface StateOwner {
  readonly account: string;
  readonly cluster: string;
}

export interface ClusterStateSummary {
  readonly firstReportAt: string;
  readonly lastReportAt: string;
  readonly clusterAPIServerVersion?: unknown;
  readonly cloudVendor?: unknown;
  readonly installationData?: unknown;
  /** Objects in each section. */
  readonly counts: Readonly<Record<ReportSection, number>>;
}

export interface ObjectPage {
  readonly items: readonly unknown[];
  /** Cursor of the next page. */
  readonly next?: string;
}

/** What reporters last said of their clusters. A file of its own: it changes all the time, and a reporter tells everything anew. */
export interface StateStore {
  /** @throws the STORE_… errors of `@kso/kit` */
  apply(owner: StateOwner, report: ReadReport, now: number): void;
  summary(owner: StateOwner): ClusterStateSummary | undefined;
  list(owner: StateOwner, section: ReportSection, page: { limit: number; after?: string | undefined }): ObjectPage;
  close(): void;
}

const migrations = [
  `CREATE TABLE cluster (
     id INTEGER PRIMARY KEY,
     account TEXT NOT NULL,
     name TEXT NOT NULL,
     facts TEXT NOT NULL,
     first_at INTEGER NOT NULL,
     last_at INTEGER NOT NULL,
     UNIQUE (account, name)
   ) STRICT;
   CREATE TABLE object (
     cluster INTEGER NOT NULL REFERENCES cluster (id) ON DELETE CASCADE,
     section TEXT NOT NULL,
     name TEXT NOT NULL,
     body TEXT NOT NULL,
     PRIMARY KEY (cluster, section, name)
   ) STRICT, WITHOUT ROWID;`,
];

/** In memory without a folder. @throws the STORE_… errors of `@kso/kit` */
export function openStateStore(dataDir: string | undefined): StateStore {
  const file = dataDir === undefined ? ':memory:' : path.join(dataDir, 'cluster-state.db');
  // What a power cut takes, the next first report brings back.
  const sql = openDatabase(file, { migrations, durability: 'normal' });
  const find = sql.prepare('SELECT id, facts, first_at, last_at FROM cluster WHERE account = ? AND name = ?');
  const begin = sql.prepare(
    `INSERT INTO cluster (account, name, facts, first_at, last_at) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (account, name) DO UPDATE SET facts = excluded.facts, first_at = excluded.first_at
     RETURNING id`,
  );
  const touch = sql.prepare('UPDATE cluster SET last_at = ? WHERE id = ?');
  const clear = sql.prepare('DELETE FROM object WHERE cluster = ?');
  const put = sql.prepare('INSERT OR REPLACE INTO object (cluster, section, name, body) VALUES (?, ?, ?, ?)');
  const remove = sql.prepare('DELETE FROM object WHERE cluster = ? AND section = ? AND name = ?');
  const count = sql.prepare('SELECT section, count(*) AS objects FROM object WHERE cluster = ? GROUP BY section');
  const page = sql.prepare(
    'SELECT name, body FROM object WHERE cluster = ? AND section = ? AND name > ? ORDER BY name LIMIT ?',
  );

  const idOf = ({ account, cluster }: StateOwner) => {
    const row = find.get(account, cluster);
    return row === undefined ? undefined : rows.integer(row, 'id');
  };

  return {
    apply: (owner, report, now) =>
      transaction(sql, file, () => {
        let id = idOf(owner);
        if (report.isFirst || id === undefined) {
          id = rows.integer(
            begin.get(owner.account, owner.cluster, JSON.stringify(report.facts), now, now) ?? {},
            'id',
          );
          clear.run(id);
        }
        for (const { section, name, body } of report.changes) {
          if (body === undefined) remove.run(id, section, name);
          else put.run(id, section, name, body);
        }
        touch.run(now, id);
      }),
    summary: (owner) => {
      const row = find.get(owner.account, owner.cluster);
      if (row === undefined) return undefined;
      const found = new Map(
        count.all(rows.integer(row, 'id')).map((one) => [rows.text(one, 'section'), rows.integer(one, 'objects')]),
      );
      const counts = Object.fromEntries(reportSections.map((section) => [section, found.get(section) ?? 0]));
      return {
        firstReportAt: new Date(rows.integer(row, 'first_at')).toISOString(),
        lastReportAt: new Date(rows.integer(row, 'last_at')).toISOString(),
        ...(JSON.parse(rows.text(row, 'facts')) as object),
        counts: counts as Record<ReportSection, number>,
      };
    },
    list: (owner, section, { limit, after = '' }) => {
      const id = idOf(owner);
      const found = id === undefined ? [] : page.all(id, section, after, limit + 1);
      const shown = found.slice(0, limit);
      const last = shown.at(-1);
      return {
        items: shown.map((row) => JSON.parse(rows.text(row, 'body')) as unknown),
        ...(found.length > limit && last !== undefined ? { next: rows.text(last, 'name') } : {}),
      };
    },
    close: () => {
      if (sql.isOpen) sql.close();
    },
  };
}
