import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';

const pollMs = 500;

/**
 * Runs `action` while no other process of this machine holds the lock of that name. `onWait` is told once when it has to wait.
 * The lock is SQLite's on a file of its own: the operating system frees it when the holder dies, so there are no stale locks.
 */
export async function withLock<T>(
  folder: string,
  name: string,
  onWait: () => void,
  action: () => Promise<T>,
): Promise<T> {
  mkdirSync(folder, { recursive: true });
  const database = new DatabaseSync(path.join(folder, `.${name}.lock`));
  try {
    for (let waited = false; !tryLock(database); waited = true) {
      if (!waited) onWait();
      await sleep(pollMs);
    }
    return await action();
  } finally {
    database.close();
  }
}

const sqliteBusy = 5;

function tryLock(database: DatabaseSync): boolean {
  try {
    database.exec('BEGIN EXCLUSIVE');
    return true;
  } catch (error) {
    if (error instanceof Error && 'errcode' in error && error.errcode === sqliteBusy) return false;
    throw error;
  }
}
