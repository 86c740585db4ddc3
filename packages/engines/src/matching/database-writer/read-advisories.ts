import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { createGunzip } from 'node:zlib';

/**
 * OSV records of a file: a JSON array (or an object with an `advisories` array), or one record a line when the name ends in `.jsonl` or
 * `.jsonl.gz`. Lines are read as a stream.
 */
export async function* readAdvisories(file: string): AsyncGenerator {
  if (/\.jsonl(\.gz)?$/.test(file)) {
    const bytes = createReadStream(file);
    const text = file.endsWith('.gz') ? bytes.pipe(createGunzip()) : bytes;
    bytes.once('error', (error) => text.destroy(error));
    for await (const line of createInterface({ input: text, crlfDelay: Number.POSITIVE_INFINITY })) {
      if (line.trim() !== '') yield JSON.parse(line);
    }
    return;
  }
  const content: unknown = JSON.parse(await readFile(file, 'utf8'));
  yield* Array.isArray(content) ? content : advisoriesOf(content);
}

function advisoriesOf(content: unknown): unknown[] {
  const list = typeof content === 'object' && content !== null && 'advisories' in content ? content.advisories : [];
  return Array.isArray(list) ? list : [];
}
