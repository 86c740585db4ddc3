import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fail } from '../errors.ts';

export interface FolderLock {
  release(): void;
}

/**
 * Takes a folder for this process alone. The lock is SQLite's lock on a file, hence the kernel's: it ends with the process, also when
 * that is killed, so nothing stale is ever left behind.
 * @throws DATA_FOLDER_IN_USE
 */
export function lockFolder(folder: string): FolderLock {
  const owner = join(folder, 'suite.pid');
  const database = new DatabaseSync(join(folder, 'suite.lock'));
  try {
    // The rollback journal and no waiting: the lock is held as long as the transaction is open.
    database.exec('PRAGMA journal_mode = DELETE; PRAGMA busy_timeout = 0; BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    throw fail('DATA_FOLDER_IN_USE', { folder, owner: ownerOf(owner) }, error);
  }
  writeFileSync(owner, `${process.pid}\n`, { mode: 0o600 });
  let held = true;
  return {
    release: () => {
      if (!held) return;
      held = false;
      database.exec('ROLLBACK');
      database.close();
    },
  };
}

/** Only for the message: the number may be that of a process that ended long ago. */
function ownerOf(file: string): string {
  try {
    const pid = readFileSync(file, 'utf8').trim();
    return /^\d+$/.test(pid) ? ` (process ${pid})` : '';
  } catch {
    return '';
  }
}
