import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { withScratchDirectory } from '../programs/index.ts';
import { writeGrypeDatabase } from './database-writer/index.ts';
import type { DatabaseChange, VulnerabilityDatabase } from './port.ts';

export interface SampleDatabaseOptions {
  /** JSON: `{"built": <RFC 3339>, "advisories": [<OSV>, …]}`. */
  readonly file: string;
  readonly scratchRoot: string;
}

const SampleFile = z.object({ built: z.iso.datetime(), advisories: z.array(z.unknown()) });

/**
 * Makes a database of a few advisories and imports it. It is marked as a sample, so `status()` says `sample: true` and every result
 * can say that it knows next to nothing. Never point it at the folder of a user's own database.
 * @throws when the file cannot be read: it comes with the product.
 */
export async function importSampleDatabase(
  database: VulnerabilityDatabase,
  options: SampleDatabaseOptions,
  signal?: AbortSignal,
): Promise<DatabaseChange> {
  const sample = SampleFile.parse(JSON.parse(await readFile(options.file, 'utf8')));
  const built = new Date(sample.built);
  const present = await database.status();
  // An import changes the digest and with it every cache key: the same sample is not taken again.
  if (present.state === 'ready' && present.sample && present.built === built.getTime()) {
    return { outcome: 'unchanged', database: present };
  }
  return withScratchDirectory(options.scratchRoot, async (directory) => {
    const file = join(directory, 'sample.db');
    await writeGrypeDatabase({ file, advisories: sample.advisories, built, sample: true });
    return database.import(file, signal);
  });
}
