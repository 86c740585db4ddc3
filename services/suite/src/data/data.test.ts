import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { makeDataFolders } from './folders.ts';
import { lockFolder } from './lock.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'kso-data-'));
});
afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

describe('lock of the data folder', () => {
  test('one suite at a time, and the next after it', () => {
    const first = lockFolder(root);
    expect(() => lockFolder(root)).toThrowError(expect.objectContaining({ code: 'DATA_FOLDER_IN_USE' }));
    expect(() => lockFolder(root)).toThrowError(`process ${process.pid}`);
    first.release();
    first.release();
    lockFolder(root).release();
  });

  test('a killed process holds nothing', async () => {
    const script = join(root, 'holder.ts');
    const lock = new URL('./lock.ts', import.meta.url).href;
    writeFileSync(
      script,
      `const { lockFolder } = await import(${JSON.stringify(lock)}); lockFolder(${JSON.stringify(root)}); process.send('held'); setInterval(() => {}, 1000);`,
    );
    const holder = fork(script, { execArgv: [] });
    await once(holder, 'message');
    expect(() => lockFolder(root)).toThrowError(`process ${holder.pid}`);
    holder.kill('SIGKILL');
    await once(holder, 'exit');
    lockFolder(root).release();
  });
});

describe('folders', () => {
  test('every target has its own, whatever it is called', () => {
    const names = ['prod', 'Prod', '../../etc', 'arn:aws:eks:eu:1:cluster/prod', ''];
    const folders = names.map((name) => makeDataFolders(root, { kind: 'cluster', name }));
    expect(new Set(folders.map((each) => each.target)).size).toBe(names.length);
    for (const each of folders) expect(each.target.startsWith(join(root, 'targets', 'cluster-'))).toBe(true);
  });

  test('the sample has a vulnerability database of its own', () => {
    const sample = makeDataFolders(root, { kind: 'sample', name: 'sample' });
    const cluster = makeDataFolders(root, { kind: 'cluster', name: 'prod' });
    expect(sample.vulnerabilityDatabase).not.toBe(cluster.vulnerabilityDatabase);
    expect(statSync(cluster.vulnerabilityDatabase).mode & 0o077).toBe(0);
  });

  test('a folder that is a file is said in one line', () => {
    const file = join(root, 'file');
    writeFileSync(file, '');
    expect(() => makeDataFolders(file, { kind: 'cluster', name: 'x' })).toThrowError(
      expect.objectContaining({ code: 'DATA_FOLDER_UNUSABLE', message: expect.stringContaining('--data-dir') }),
    );
  });
});
