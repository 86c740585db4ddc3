import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';

/**
 * The file of the test data that is kept outside the repository, found by `KSO_TEST_DATA`, e.g. `golden/charts.jsonl`.
 * Undefined after a loud warning when it is not there: use it with `describe.skipIf(file === undefined)`.
 */
export function testDataFile(relative: string): string | undefined {
  const folder = process.env['KSO_TEST_DATA'];
  const file = folder === undefined ? undefined : path.join(folder, relative);
  if (file !== undefined && existsSync(file)) return file;
  const reason = folder === undefined ? 'KSO_TEST_DATA is not set' : `${folder} has no ${relative}`;
  process.emitWarning(`tests with ${relative} are SKIPPED: ${reason}`);
  return undefined;
}

/** The lines of a JSON-lines file, gzipped or not. */
export function readJsonLines<T>(file: string): T[] {
  const bytes = readFileSync(file);
  const text = (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => JSON.parse(line) as T);
}
