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
  /** Id of the newest report or failure. */
  newest(): string | undefined;
  writeFailure(scanId: string, problem: string): void;
  /** A later attempt has succeeded. */
  deleteFailure(scanId: string): void;
  delete(scanId: string): void;
  deleteAll(): void;
  /** Deletes the oldest reports and failures that nobody has fetched, beyond so many of each. */
  prune(keep: number): void;
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
    newest: () => {
      const [newest] = newestFirst(resultsDir, failedDir).filter((file) => !file.endsWith('.tmp'));
      return newest === undefined ? undefined : path.basename(newest, '.json');
    },
    writeFailure: (scanId, problem) => writeFileSync(failedFile(scanId), problem, { mode: 0o640 }),
    deleteFailure: (scanId) => rmSync(failedFile(scanId), { force: true }),
    delete: (scanId) => {
      for (const file of [resultFile(scanId), failedFile(scanId)]) rmSync(file, { force: true });
    },
    prune: (keep) => {
      for (const folder of [resultsDir, failedDir])
        for (const file of newestFirst(folder).slice(keep)) rmSync(file, { force: true });
    },
    deleteAll: () => {
      for (const folder of [resultsDir, failedDir])
        for (const name of readdirSync(folder)) rmSync(path.join(folder, name), { force: true });
    },
  };
}

function newestFirst(...folders: readonly string[]): string[] {
  const files = folders.flatMap((folder) => readdirSync(folder).map((name) => path.join(folder, name)));
  const changedAt = new Map(files.map((file) => [file, statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0]));
  return files.sort((a, b) => (changedAt.get(b) ?? 0) - (changedAt.get(a) ?? 0));
}
