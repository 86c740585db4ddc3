import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** Bytes of all regular files below a folder. Files that vanish meanwhile count nothing. */
export async function directorySize(directory: string): Promise<number> {
  let total = 0;
  const entries = await readdir(directory, { recursive: true, withFileTypes: true }).catch(() => []);
  for (const entry of entries) {
    if (!entry.isFile()) continue;
    const file = await lstat(join(entry.parentPath, entry.name)).catch(() => undefined);
    total += file?.size ?? 0;
  }
  return total;
}
