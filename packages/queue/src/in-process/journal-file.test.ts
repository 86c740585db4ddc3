import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { testPorts } from '../conformance/test-ports.ts';
import { createInProcessQueue } from './queue.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'kso-journal-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it('is open in one place at a time, and readable by its owner only', async () => {
  const file = path.join(folder, 'deep', 'queue.db');
  const queue = createInProcessQueue({ file }, testPorts());
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(() => createInProcessQueue({ file }, testPorts())).toThrow(
    expect.objectContaining({ code: 'JOURNAL_IN_USE' }),
  );
  await queue.close();
  await createInProcessQueue({ file }, testPorts()).close();
});

it('may be in memory', async () => {
  const queue = createInProcessQueue({ file: ':memory:' }, testPorts());
  await queue.openParent('p', {});
  expect(await queue.getParent('p')).toMatchObject({ total: 0, sealed: false });
  await queue.close();
});
