import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { freePort } from './ports.ts';
import { startProgram } from './process.ts';
import { findProgram, requireProgram, toolFolder } from './programs.ts';
import { until } from './until.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'kso-process-'));
afterAll(() => rmSync(folder, { recursive: true }));
const logFile = path.join(folder, 'log');
const node = (script: string) => ({ program: process.execPath, args: ['-e', script], logFile });

describe('startProgram', () => {
  it('fails with the last lines of the log when the program ends before it is ready', async () => {
    const ready = () => Promise.resolve(false);
    const start = startProgram({ ...node('console.error("no such disk"); process.exit(3)'), ready });
    await expect(start).rejects.toThrow(/ended with 3 .*no such disk/s);
  });

  it('fails with the reason when it does not get ready, and ends it', async () => {
    const ready = () => Promise.reject(new Error('connection refused'));
    const start = startProgram({ ...node('setInterval(() => {}, 1000)'), ready, readyWithin: 100 });
    await expect(start).rejects.toMatchObject({ code: 'PROGRAM_NOT_READY', message: /connection refused/ });
  });

  it('names a program that is not there', async () => {
    const start = startProgram({ program: 'kso-no-such-program', args: [], logFile });
    await expect(start).rejects.toMatchObject({ code: 'PROGRAM_MISSING', message: /tools\/programs\/install.ts/ });
  });

  it.skipIf(process.platform !== 'linux')('does not outlive a test process that is killed', async () => {
    const module = new URL('./process.ts', import.meta.url).href;
    const sleeper = { program: process.execPath, args: ['-e', 'setInterval(() => {}, 1000)'], logFile };
    const script = `const { startProgram } = await import(${JSON.stringify(module)});
      console.log((await startProgram(${JSON.stringify(sleeper)})).pid);
      setInterval(() => {}, 1000);`;
    const parent = spawn(process.execPath, ['--input-type=module', '-e', script]);
    const pid = await new Promise<number>((resolve) => parent.stdout.once('data', (line) => resolve(Number(line))));
    expect(existsSync(`/proc/${pid}`)).toBe(true);
    parent.kill('SIGKILL');
    // A zombie that nobody has waited for is as good as gone.
    await until('the end of the program', () => {
      const status = existsSync(`/proc/${pid}`) ? readFileSync(`/proc/${pid}/status`, 'utf8') : '';
      return !/^State:\s+[RSD]/m.test(status);
    });
  });

  it('ends a program that does not hear SIGTERM, and may be asked twice', async () => {
    const program = await startProgram(node('process.on("SIGTERM", () => {}); setInterval(() => {}, 1000)'));
    program.kill('SIGKILL');
    await Promise.all([program.stop(), program.stop()]);
    await expect(program.ended).resolves.toBe('SIGKILL');
  });
});

describe('findProgram', () => {
  it('prefers PATH to the tool folder', () => {
    const env = { PATH: path.dirname(process.execPath), KSO_TOOLS_DIR: folder };
    expect(findProgram(path.basename(process.execPath), env)).toBe(process.execPath);
    expect(() => requireProgram('nothing', env)).toThrow(/nothing is not there/);
  });

  it('looks in the cache folder of the user', () => {
    expect(toolFolder({ XDG_CACHE_HOME: '/c' })).toBe('/c/kso/bin');
    expect(toolFolder({ XDG_CACHE_HOME: '/c', KSO_TOOLS_DIR: '/t' })).toBe('/t');
  });
});

describe('until', () => {
  it('tells what was waited for and why it did not come', async () => {
    const look = () => Promise.reject(new Error('still closed'));
    await expect(until('the door', look, { within: 20, every: 5 })).rejects.toThrow(
      'the door: not within 0.02 s: still closed',
    );
  });
});

it('gives different free ports', async () => {
  const ports = await Promise.all([freePort(), freePort(), freePort()]);
  expect(new Set(ports).size).toBe(3);
});
