import { openDatabase, transaction } from '@kso/kit';

/** Remembers for which image of which workload a scan was asked, so that a restart does not ask for everything again. */
export interface AskedImages {
  has(wlid: string, image: string): boolean;
  add(wlid: string, images: readonly string[]): void;
  close(): void;
}

const defaultMaxEntries = 200_000;

/** Forgets with the process. The oldest entries go first when there are too many. */
export function memoryAskedImages(maxEntries = defaultMaxEntries): AskedImages {
  const entries = new Set<string>();
  return {
    has: (wlid, image) => entries.has(`${wlid} ${image}`),
    add: (wlid, images) => {
      for (const image of images) entries.add(`${wlid} ${image}`);
      for (const oldest of entries) {
        if (entries.size <= maxEntries) break;
        entries.delete(oldest);
      }
    },
    close: () => {},
  };
}

const migrations = [
  `CREATE TABLE asked (
     wlid TEXT NOT NULL,
     image TEXT NOT NULL,
     PRIMARY KEY (wlid, image)
   )`,
];

/** In a database file. A power cut may take the newest entries: they are asked for again, which changes nothing. @throws STORE_… */
export function sqliteAskedImages(path: string, maxEntries = defaultMaxEntries): AskedImages {
  const database = openDatabase(path, { migrations, durability: 'normal' });
  const select = database.prepare('SELECT 1 FROM asked WHERE wlid = ? AND image = ?');
  const insert = database.prepare('INSERT OR REPLACE INTO asked (wlid, image) VALUES (?, ?)');
  const trim = database.prepare('DELETE FROM asked WHERE rowid <= (SELECT max(rowid) FROM asked) - ?');
  return {
    has: (wlid, image) => select.get(wlid, image) !== undefined,
    add: (wlid, images) =>
      transaction(database, path, () => {
        for (const image of images) insert.run(wlid, image);
        trim.run(maxEntries);
      }),
    close: () => database.close(),
  };
}
