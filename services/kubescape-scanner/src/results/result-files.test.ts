import { mkdtempSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createResultFiles, type ResultFiles } from './result-files.ts';

let folder = '';
let files: ResultFiles;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'kso-results-'));
  files = createResultFiles(folder);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const write = (id: string, age: number): void => {
  const file = path.join(files.resultsDir, `${id}.json`);
  writeFileSync(file, `{"id":"${id}"}`);
  utimesSync(file, age, age);
};
const found = (id: string): string | undefined => files.find(id)?.type;

describe('result files', () => {
  it('are readable by their owner and group only', () => {
    expect(statSync(files.resultsDir).mode & 0o777).toBe(0o750);
  });

  it('hand out a report until it is deleted', async () => {
    write('a', 1);
    const result = files.find('a');
    expect(result?.type === 'result' && (await text(result.open()))).toBe('{"id":"a"}');
    files.delete('a');
    expect(found('a')).toBeUndefined();
  });

  it('a failure wins over a report, until a later attempt succeeds', () => {
    write('a', 1);
    files.writeFailure('a', 'no cluster');
    expect(files.find('a')).toEqual({ type: 'failed', problem: 'no cluster' });
    files.deleteFailure('a');
    expect(found('a')).toBe('result');
  });

  it('do not pile up when nobody fetches them', () => {
    for (const [id, age] of [
      ['old', 1],
      ['older', 0],
      ['new', 3],
      ['newer', 4],
    ] as const)
      write(id, age);
    files.prune(2);
    expect(['older', 'old', 'new', 'newer'].map(found)).toEqual([undefined, undefined, 'result', 'result']);
  });

  it('can all be deleted', () => {
    write('a', 1);
    files.writeFailure('b', 'x');
    files.deleteAll();
    expect([found('a'), found('b')]).toEqual([undefined, undefined]);
  });
});
