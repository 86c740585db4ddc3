import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createZstdCompress, createZstdDecompress } from 'node:zlib';
import { SbomFacts } from '../summary/sbom-facts.ts';

export interface SbomKey {
  readonly digest: string;
  readonly platform: string;
  /** SBOMs of different versions of the engine are not interchangeable. */
  readonly engineVersion: string;
}

export interface CachedSbom {
  /** JSON in zstd. */
  readonly file: string;
  readonly facts: SbomFacts;
}

/** SBOMs on disk, compressed, least recently used out first. An image is pulled once, whatever changes later. */
export interface SbomCache {
  /** A known SBOM; it is marked as used. */
  find(key: SbomKey): Promise<CachedSbom | undefined>;
  /** Where an SBOM is kept if it is; it does not count as a use. */
  fileOf(key: SbomKey): string;
  /** Takes a JSON file in; the file itself stays where it is. */
  add(key: SbomKey, jsonFile: string, facts: SbomFacts): Promise<CachedSbom>;
  /** Forgets an SBOM that turned out to be unreadable, so that the next scan makes a new one. */
  discard(sbom: CachedSbom): Promise<void>;
}

const suffix = '.json.zst';

/** @param maxBytes of all compressed files; the newest one is kept even if it is larger alone. */
export function createSbomCache(directory: string, maxBytes: number): SbomCache {
  const fileOf = ({ digest, platform, engineVersion }: SbomKey): string => {
    const name = createHash('sha256').update(`${digest}\0${platform}\0${engineVersion}`).digest('hex');
    return join(directory, `${name}${suffix}`);
  };
  return {
    fileOf,
    find: async (key) => {
      const file = fileOf(key);
      try {
        const now = new Date();
        await utimes(file, now, now);
      } catch {
        return undefined;
      }
      const facts = await readFacts(file);
      return facts === undefined ? undefined : { file, facts };
    },
    add: async (key, jsonFile, facts) => {
      await mkdir(directory, { recursive: true, mode: 0o700 });
      const file = fileOf(key);
      // Under another name until it is whole: a crash leaves no half SBOM that looks like one.
      // Of its own for each run: the same image may be catalogued twice at a time, for two databases.
      const partial = `${file}.${randomUUID()}.partial`;
      try {
        await writeFile(factsOf(file), JSON.stringify(facts), { mode: 0o600 });
        await pipeline(createReadStream(jsonFile), createZstdCompress(), createWriteStream(partial, { mode: 0o600 }));
        await rename(partial, file);
      } finally {
        await rm(partial, { force: true });
      }
      await evict(directory, maxBytes, file);
      return { file, facts };
    },
    discard: ({ file }) => remove(file),
  };
}

async function remove(file: string): Promise<void> {
  await rm(file, { force: true });
  await rm(factsOf(file), { force: true });
  await rm(projectionOf(file), { force: true });
}

function factsOf(file: string): string {
  return `${file}.facts`;
}

/** What is known of a cached SBOM without reading it; undefined when it is not there. */
export async function readFacts(file: string): Promise<SbomFacts | undefined> {
  try {
    return SbomFacts.parse(JSON.parse(await readFile(factsOf(file), 'utf8')));
  } catch {
    return undefined;
  }
}

/** Where the matching pass keeps what it needs of an SBOM. */
export function projectionOf(file: string): string {
  return `${file}.shared`;
}

/** The text of a cached SBOM. */
export function openSbom(file: string): Readable {
  const compressed = createReadStream(file);
  const text = createZstdDecompress();
  compressed.on('error', (error) => text.destroy(error));
  return compressed.pipe(text);
}

async function evict(directory: string, maxBytes: number, newest: string): Promise<void> {
  const files: { file: string; size: number; usedAt: number }[] = [];
  for (const name of await readdir(directory)) {
    const file = join(directory, name);
    const found = await stat(file).catch(() => undefined);
    if (found === undefined) continue;
    // What a killed process left half written.
    if (name.endsWith('.partial') && !file.startsWith(newest) && found.mtimeMs < Date.now() - 3_600_000) {
      await rm(file, { force: true });
    } else if (name.endsWith(suffix)) {
      files.push({ file, size: found.size, usedAt: found.mtimeMs });
    }
  }
  let total = files.reduce((sum, { size }) => sum + size, 0);
  for (const { file, size } of files.sort((a, b) => a.usedAt - b.usedAt)) {
    if (total <= maxBytes) return;
    if (file === newest) continue;
    await remove(file);
    total -= size;
  }
}
