import { constants } from 'node:fs';
import { open, readdir, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, sep } from 'node:path';
import { artifactLimits } from './limits.ts';

export type FolderFiles =
  | { readonly ok: true; readonly files: ReadonlyMap<string, string> }
  | { readonly ok: false; readonly problem: string };

/**
 * The files of a folder that `isWanted` names, not of those below it. Symbolic links are followed inside of the folder, where the
 * kubelet puts the files of a mounted ConfigMap, and not out of it: a folder of policies from somewhere must not make us read
 * something else.
 */
export async function readFolder(directory: string, isWanted: (name: string) => boolean): Promise<FolderFiles> {
  try {
    const entries = await readdir(directory, { withFileTypes: true });
    const names = entries
      .filter((entry) => (entry.isFile() || entry.isSymbolicLink()) && isWanted(entry.name))
      .map(({ name }) => name);
    if (names.length > artifactLimits.files)
      return refused(directory, `it has more than ${artifactLimits.files} files`);
    const files = new Map<string, string>();
    let total = 0;
    for (const name of names.sort()) {
      const file = await insideOf(directory, name);
      if (file === undefined) continue;
      const content = await readLimited(file);
      if (content === undefined) return refused(directory, `${name} is larger than 32 MiB`);
      total += content.length;
      if (total > artifactLimits.totalBytes) return refused(directory, 'its files are larger than 128 MiB together');
      files.set(name, content.toString('utf8'));
    }
    return { ok: true, files };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    const reasons: Readonly<Record<string, string>> = { ENOENT: 'no such folder', ENOTDIR: 'it is no folder' };
    return refused(directory, reasons[code] ?? String(error));
  }
}

/** One file in the place of a folder; it may be a link inside of its own. */
export async function readSingleFile(file: string): Promise<FolderFiles> {
  try {
    const content = await readLimited((await insideOf(dirname(file), basename(file))) ?? file);
    if (content === undefined) return refused(file, 'it is larger than 32 MiB');
    return { ok: true, files: new Map([['document.json', content.toString('utf8')]]) };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    return refused(file, code === 'ENOENT' ? 'no such file' : String(error));
  }
}

function refused(directory: string, reason: string): FolderFiles {
  return { ok: false, problem: `${directory}: ${reason}` };
}

/** Where a file of the folder really lies; undefined when it is outside of the folder, missing, or no file. */
async function insideOf(directory: string, name: string): Promise<string | undefined> {
  try {
    const file = await realpath(join(directory, name));
    const isInside = file.startsWith(`${await realpath(directory)}${sep}`);
    return isInside && (await stat(file)).isFile() ? file : undefined;
  } catch {
    return undefined;
  }
}

/** Undefined when it is too large. */
async function readLimited(file: string): Promise<Buffer | undefined> {
  const handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const { size } = await handle.stat();
    return size > artifactLimits.fileBytes ? undefined : await handle.readFile();
  } finally {
    await handle.close();
  }
}
