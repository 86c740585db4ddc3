import { join } from 'node:path';
import { withScratchDirectory } from '../programs/index.ts';
import { readAdvisories, writeGrypeDatabase } from './database-writer/index.ts';
import type { DatabaseChange, VulnerabilityDatabase } from './port.ts';

export interface SampleDatabaseOptions {
  /** Advisories in OSV form, see `readAdvisories`. */
  readonly advisories: string;
  readonly scratchRoot: string;
  /** Build time, whole seconds; a sample of the same time is already there after the first start. */
  readonly built: Date;
}

/**
 * Makes a database of a few advisories and imports it. It is marked as a sample, so `status()` says `sample: true` and every result
 * can say that it knows next to nothing. Never point it at the folder of a user's own database.
 */
export async function importSampleDatabase(
  database: VulnerabilityDatabase,
  options: SampleDatabaseOptions,
  signal?: AbortSignal,
): Promise<DatabaseChange> {
  const present = await database.status();
  // An import changes the digest and with it every cache key: the same sample is not taken again.
  if (present.state === 'ready' && present.sample && present.built === options.built.getTime()) {
    return { outcome: 'unchanged', database: present };
  }
  return withScratchDirectory(options.scratchRoot, async (directory) => {
    const file = join(directory, 'sample.db');
    const advisories = readAdvisories(options.advisories);
    await writeGrypeDatabase({ file, advisories, built: options.built, sample: true });
    return database.import(file, signal);
  });
}
