import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

const prefix = 'kso-engine-';

/** Runs `use` with a folder of its own that is gone afterwards, however `use` ends. */
export async function withScratchDirectory<T>(root: string, use: (directory: string) => Promise<T>): Promise<T> {
  await mkdir(root, { recursive: true, mode: 0o700 });
  const directory = await mkdtemp(join(root, prefix));
  try {
    return await use(directory);
  } finally {
    await rm(directory, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** Removes what a killed process left behind. Call it at start, before anything runs below `root`. */
export async function removeStaleScratchDirectories(root: string): Promise<number> {
  const names = (await readdir(root).catch(() => [])).filter((name) => name.startsWith(prefix));
  for (const name of names) await rm(join(root, name), { recursive: true, force: true });
  return names.length;
}
