import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFakeMatcher, fakeDatabase } from '@kso/engines';
import type { Logger } from '@kso/kit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createDatabaseAgeAlarm } from './database-age.ts';
import { createFileImport } from './database-file.ts';

describe('a database that is imported from a file', () => {
  let dataDir = '';
  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'kso-database-file-'));
  });
  afterEach(() => rm(dataDir, { recursive: true, force: true }));

  it('is imported once for each state of the file, also over restarts', async () => {
    const { database } = createFakeMatcher({
      answer: () => ({ matches: [] }),
      database: { state: 'missing', detail: 'none' },
    });
    const imports: string[] = [];
    const counting = {
      ...database,
      import: (from: string, signal?: AbortSignal) => {
        imports.push(from);
        return database.import(from, signal);
      },
    };
    const file = join(dataDir, 'vulnerability.db');
    const update = () => createFileImport({ database: counting, file, dataDir })(new AbortController().signal);
    expect(await update()).toEqual({ outcome: 'failed', detail: `there is no file ${file}` });
    await writeFile(file, 'one');
    expect(await update()).toMatchObject({ outcome: 'changed' });
    expect(await update()).toMatchObject({ outcome: 'unchanged' });
    expect(imports).toHaveLength(1);
    await writeFile(file, 'other');
    await utimes(file, new Date(), new Date(Date.now() + 10_000));
    await update();
    expect(imports).toHaveLength(2);
  });
});

describe('the age of the database', () => {
  const day = 24 * 60 * 60 * 1000;

  it('is warned about once a day from its limit on, and no more after an update', () => {
    const built = Date.UTC(2026, 10, 1);
    let now = built;
    const warnings: unknown[] = [];
    const stale: boolean[] = [];
    const logger = { warn: (fields: unknown) => warnings.push(fields) } as unknown as Logger;
    const alarm = createDatabaseAgeAlarm({
      staleAfterMs: 5 * day,
      now: () => now,
      logger,
      onLook: (is) => stale.push(is),
    });
    const ready = (changes = {}) => ({
      state: 'ready' as const,
      database: fakeDatabase({ built, ...changes }),
      matcherVersion: 'v1',
    });
    alarm.look({ state: 'lacking', reason: 'none' });
    alarm.look(ready());
    now += 5 * day + 1000;
    alarm.look(ready());
    alarm.look(ready());
    expect(warnings).toEqual([{ databaseBuilt: '2026-11-01T00:00:00.000Z', ageSeconds: 432_001 }]);
    now += day;
    alarm.look(ready());
    expect(warnings).toHaveLength(2);
    alarm.look(ready({ built: now }));
    alarm.look(ready({ sample: true }));
    expect(stale).toEqual([true, false, true, true, true, false, false]);
    expect(warnings).toHaveLength(2);
  });
});
