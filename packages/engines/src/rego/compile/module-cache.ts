import { hash, randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const digestBytes = 32;
const suffix = '.wasm';
const maxModules = 3000;
const keptModules = 2000;

/**
 * Compiled modules by the hash of all that they are made from. Several processes may use one folder: a file appears by a rename, and one
 * that was damaged afterwards is not used, because it carries the hash of its content. A cache that cannot be written is no error.
 */
export class ModuleCache {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  async get(key: string): Promise<Uint8Array | undefined> {
    const file = this.#file(key);
    try {
      const content = await readFile(file);
      const wasm = content.subarray(digestBytes);
      if (!digestOf(wasm).equals(content.subarray(0, digestBytes))) return undefined;
      const now = new Date();
      // For `prune`: what is used stays.
      await utimes(file, now, now).catch(() => undefined);
      return wasm;
    } catch {
      return undefined;
    }
  }

  async put(key: string, wasm: Uint8Array): Promise<void> {
    const file = this.#file(key);
    const own = `${file}.${randomUUID()}.tmp`;
    try {
      await mkdir(this.#directory, { recursive: true, mode: 0o700 });
      await writeFile(own, Buffer.concat([digestOf(wasm), wasm]), { mode: 0o600, flag: 'wx' });
      await rename(own, file);
    } catch {
      await rm(own, { force: true }).catch(() => undefined);
    }
  }

  /** Removes the modules that were not used for longest when there are too many, and what killed processes left. */
  async prune(): Promise<void> {
    const names = await readdir(this.#directory).catch(() => []);
    if (names.length <= maxModules) return;
    const files = await Promise.all(
      names.map(async (name) => {
        const file = join(this.#directory, name);
        const { mtimeMs } = await stat(file).catch(() => ({ mtimeMs: 0 }));
        return { file, mtimeMs };
      }),
    );
    files.sort((a, b) => b.mtimeMs - a.mtimeMs);
    await Promise.all(files.slice(keptModules).map(({ file }) => rm(file, { force: true })));
  }

  /** Keys are hexadecimal hashes: nothing of a rule becomes part of a path. */
  #file(key: string): string {
    return join(this.#directory, `${key}${suffix}`);
  }
}

function digestOf(bytes: Uint8Array): Buffer {
  return hash('sha256', bytes, 'buffer');
}
