import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it, onTestFinished } from 'vitest';
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

it('is not ready while the disk is full, and ready again once something was written', async ({ skip }) => {
  const mount = mkdtempSync(path.join(tmpdir(), 'kso-full-'));
  onTestFinished(() => rmSync(mount, { recursive: true }));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', mount], { stdio: 'ignore' });
  } catch {
    const why = 'a small tmpfs cannot be mounted here (root is needed), so nothing was written to a really full disk';
    process.stderr.write(`SKIPPED: ${why}\n`);
    skip(why);
  }
  onTestFinished(() => void execFileSync('umount', ['-l', mount]));
  const queue = createInProcessQueue({ file: path.join(mount, 'queue.db') }, testPorts());
  const job = (key: string) =>
    queue.add({ kind: 'k', key, jobId: key, priority: 'recurring', payload: { text: 'x'.repeat(50_000) } });
  const filler = path.join(mount, 'filler');
  writeFileSync(filler, Buffer.alloc(400_000));
  await expect(async () => {
    for (let index = 0; index < 50; index += 1) await job(`first-${index}`);
  }).rejects.toMatchObject({ code: 'STORE_FULL' });
  const { waiting } = await queue.counts('k');
  expect(waiting).toBeGreaterThan(0);
  expect(queue.notReady()).toContain('is full');

  rmSync(filler);
  expect((await job('second')).outcome).toBe('added');
  expect(queue.notReady()).toBeUndefined();
  expect(await queue.counts('k')).toMatchObject({ waiting: waiting + 1 });
  await queue.close();
});
