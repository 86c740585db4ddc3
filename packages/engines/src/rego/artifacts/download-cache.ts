import { hash, randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

export interface KeptFile {
  readonly body: Buffer;
  readonly etag: string | undefined;
  /** Epoch milliseconds. */
  readonly savedAt: number;
}

const Heading = z.object({ sha256: z.string(), etag: z.string().optional(), savedAt: z.number() });

/**
 * Downloaded files by the hash of their URL: a line of JSON, then the content. Written beside and renamed, so that another process never
 * reads half of one; what is damaged afterwards does not fit its checksum and is not used.
 */
export class DownloadCache {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  async get(url: string): Promise<KeptFile | undefined> {
    try {
      const content = await readFile(this.#file(url));
      const end = content.indexOf('\n');
      const { sha256, etag, savedAt } = Heading.parse(JSON.parse(content.toString('utf8', 0, end)));
      const body = content.subarray(end + 1);
      return hash('sha256', body) === sha256 ? { body, etag, savedAt } : undefined;
    } catch {
      return undefined;
    }
  }

  /** A cache that cannot be written is no error. */
  async put(url: string, { body, etag }: { readonly body: Buffer; readonly etag: string | undefined }): Promise<void> {
    const file = this.#file(url);
    const own = `${file}.${randomUUID()}.tmp`;
    const heading = JSON.stringify({ sha256: hash('sha256', body), etag, savedAt: Date.now() });
    try {
      await mkdir(this.#directory, { recursive: true, mode: 0o700 });
      await writeFile(own, Buffer.concat([Buffer.from(`${heading}\n`), body]), { mode: 0o600, flag: 'wx' });
      await rename(own, file);
    } catch {
      await rm(own, { force: true }).catch(() => undefined);
    }
  }

  #file(url: string): string {
    return join(this.#directory, hash('sha256', url));
  }
}
