import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type LastRuns, memoryLastRuns } from './last-runs.ts';
import { sqliteLastRuns } from './sqlite-last-runs.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kso-runs-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const adapters: [string, () => LastRuns & { close?(): void }][] = [
  ['in memory', memoryLastRuns],
  ['in SQLite', () => sqliteLastRuns(join(folder, 'schedules.db'))],
];

describe.each(adapters)('last runs %s', (_name, open) => {
  it('are kept by schedule', () => {
    const runs = open();
    expect(runs.get('posture')).toBeUndefined();
    runs.set('posture', 1_796_025_600_000);
    runs.set('images', 5);
    runs.set('posture', 1_796_112_000_000);
    expect([runs.get('posture'), runs.get('images')]).toEqual([1_796_112_000_000, 5]);
    runs.close?.();
  });
});

it('outlive the process', () => {
  const path = join(folder, 'schedules.db');
  const first = sqliteLastRuns(path);
  first.set('posture', 7);
  first.close();
  first.close();
  const second = sqliteLastRuns(path);
  expect(second.get('posture')).toBe(7);
  second.close();
});

it('a damaged file is a clear error', () => {
  writeFileSync(join(folder, 'x.db'), 'no database '.repeat(500));
  expect(() => sqliteLastRuns(join(folder, 'x.db'))).toThrow(expect.objectContaining({ code: 'STORE_CORRUPT' }));
});
