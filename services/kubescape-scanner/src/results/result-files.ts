import {
  createReadStream,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import type { Readable } from 'node:stream';

/** Reports and failures of scans as files (scanner.md 2.7). Ids are UUIDs; callers have checked that. */
export interface ResultFiles {
  /** Where the thread writes reports: `<uuid>.json`. */
  readonly resultsDir: string;
  /** A failure wins over a result of the same scan. */
  find(
    scanId: string,
  ):
    | { readonly type: 'result'; open(): Readable; readonly bytes: number }
    | { readonly type: 'failed'; readonly problem: string }
    | undefined;
  writeFailure(scanId: string, problem: string): void;
  /** A later attempt has succeeded. */
  deleteFailure(scanId: string): void;
  delete(scanId: string): void;
  deleteAll(): void;
}

export function createResultFiles(dataDir: string): ResultFiles {
  const resultsDir = path.join(dataDir, 'results');
  const failedDir = path.join(dataDir, 'failed');
  for (const folder of [resultsDir, failedDir]) mkdirSync(folder, { recursive: true, mode: 0o750 });
  const resultFile = (scanId: string): string => path.join(resultsDir, `${scanId}.json`);
  const failedFile = (scanId: string): string => path.join(failedDir, scanId);

  return {
    resultsDir,
    find: (scanId) => {
      if (existsSync(failedFile(scanId))) return { type: 'failed', problem: readFileSync(failedFile(scanId), 'utf8') };
      const file = resultFile(scanId);
      if (!existsSync(file)) return undefined;
      return { type: 'result', open: () => createReadStream(file), bytes: statSync(file).size };
    },
    writeFailure: (scanId, problem) => writeFileSync(failedFile(scanId), problem, { mode: 0o640 }),
    deleteFailure: (scanId) => rmSync(failedFile(scanId), { force: true }),
    delete: (scanId) => {
      for (const file of [resultFile(scanId), failedFile(scanId)]) rmSync(file, { force: true });
    },
    deleteAll: () => {
      for (const folder of [resultsDir, failedDir])
        for (const name of readdirSync(folder)) rmSync(path.join(folder, name), { force: true });
    },
  };
}
