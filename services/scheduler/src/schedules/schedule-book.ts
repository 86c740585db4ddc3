import { EventEmitter } from 'node:events';
import { openDatabase, storeError } from '@kso/kit';
import type { JsonObject } from '@kso/wire';

/** A recurring command that somebody asked for while the process ran. */
export interface BookedSchedule {
  readonly name: string;
  /** What kind of scan it is, for whoever asks for it by name. */
  readonly kind: string;
  readonly cron: string;
  readonly timeZone: string;
  /** One command in the form of operator-gateway.md 1.3. */
  readonly command: JsonObject;
}

/** Schedules that outlive the process, beside those of the configuration. Throws STORE_… when the disk is full or the file damaged. */
export interface ScheduleBook {
  list(): readonly BookedSchedule[];
  get(name: string): BookedSchedule | undefined;
  /** Kept before this returns; replaces one of the same name. */
  put(schedule: BookedSchedule): void;
  /** False if there is none. */
  delete(name: string): boolean;
  /** Called after each change with the schedule, or undefined for one that is gone. */
  onChange(listener: (name: string, schedule: BookedSchedule | undefined) => void): () => void;
}

const migrations = [
  `CREATE TABLE schedule (
    name TEXT PRIMARY KEY, kind TEXT NOT NULL, cron TEXT NOT NULL, time_zone TEXT NOT NULL, command TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;`,
];

/** In a file of its own; `:memory:` for one that ends with the process. */
export function sqliteScheduleBook(path: string): ScheduleBook & { close(): void } {
  const database = openDatabase(path, { migrations });
  const changes = new EventEmitter();
  const all = database.prepare('SELECT * FROM schedule ORDER BY name');
  const one = database.prepare('SELECT * FROM schedule WHERE name = ?');
  const upsert = database.prepare(
    `INSERT INTO schedule VALUES (?, ?, ?, ?, ?) ON CONFLICT (name) DO UPDATE
     SET kind = excluded.kind, cron = excluded.cron, time_zone = excluded.time_zone, command = excluded.command`,
  );
  const remove = database.prepare('DELETE FROM schedule WHERE name = ?');
  const guarded = <T>(fn: () => T): T => {
    try {
      return fn();
    } catch (error) {
      throw storeError(error, path);
    }
  };
  return {
    list: () => guarded(() => all.all()).map(scheduleOf),
    get: (name) => {
      const row = guarded(() => one.get(name));
      return row === undefined ? undefined : scheduleOf(row);
    },
    put: (schedule) => {
      const { name, kind, cron, timeZone, command } = schedule;
      guarded(() => upsert.run(name, kind, cron, timeZone, JSON.stringify(command)));
      changes.emit('change', name, schedule);
    },
    delete: (name) => {
      const isThere = guarded(() => remove.run(name)).changes > 0;
      if (isThere) changes.emit('change', name, undefined);
      return isThere;
    },
    onChange: (listener) => {
      changes.on('change', listener);
      return () => changes.off('change', listener);
    },
    close: () => {
      if (database.isOpen) database.close();
    },
  };
}

function scheduleOf(row: Record<string, unknown>): BookedSchedule {
  const text = (name: string): string => String(row[name]);
  const command = JSON.parse(text('command')) as JsonObject;
  return { name: text('name'), kind: text('kind'), cron: text('cron'), timeZone: text('time_zone'), command };
}
