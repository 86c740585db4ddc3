import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DatabaseChange, VulnerabilityDatabase } from '@kso/engines';

export interface FileImportOptions {
  readonly database: VulnerabilityDatabase;
  /** A `.db` file or an archive. */
  readonly file: string;
  /** Remembers there which state of the file was imported: an import changes what every answer is keyed with. */
  readonly dataDir: string;
}

/** An update that imports a file when it is another one than last time. */
export function createFileImport({ database, file, dataDir }: FileImportOptions) {
  const memory = join(dataDir, 'imported-database');
  return async (signal: AbortSignal): Promise<DatabaseChange> => {
    const found = await stat(file).catch(() => undefined);
    if (found?.isFile() !== true) return { outcome: 'failed', detail: `there is no file ${file}` };
    const state = `${file} ${found.size} ${found.mtimeMs}`;
    const present = await database.status();
    if (present.state === 'ready' && (await readFile(memory, 'utf8').catch(() => '')) === state) {
      return { outcome: 'unchanged', database: present };
    }
    const change = await database.import(file, signal);
    if (change.outcome === 'changed' || change.outcome === 'unchanged') await writeFile(memory, state, { mode: 0o600 });
    return change;
  };
}
