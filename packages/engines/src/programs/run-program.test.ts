import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from '@kso/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type RunOptions, runProgram } from './run-program.ts';

describe('runProgram', () => {
  let directory = '';
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'kso-run-'));
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  const options = (script: string, changes: Partial<RunOptions> = {}): RunOptions => ({
    program: '/bin/sh',
    args: ['-c', script],
    env: { PATH: '/usr/bin:/bin' },
    workingDirectory: directory,
    stdout: { file: join(directory, 'out'), maxBytes: 1000 },
    timeoutMs: 30_000,
    ...changes,
  });
  const output = () => readFile(join(directory, 'out'), 'utf8');

  it('writes the output to the file and answers the status', async () => {
    expect(await runProgram(options('echo hello; echo warning >&2; exit 3'))).toEqual({
      ended: 'exited',
      code: 3,
      stderr: 'warning',
    });
    expect(await output()).toBe('hello\n');
  });

  it.skipIf(process.platform !== 'linux')('tells how much memory the child had at most', async () => {
    const peaks: number[] = [];
    const script = 'x=$(head -c 50000000 /dev/zero | tr "\\0" a); sleep 1';
    const end = await runProgram(options(script, { onPeakMemory: (bytes) => peaks.push(bytes) }));
    expect(end).toMatchObject({ ended: 'exited', code: 0 });
    expect(peaks).toHaveLength(1);
    expect(peaks[0]).toBeGreaterThan(50_000_000);
  });

  it('gives the child the environment of the caller and nothing else', async () => {
    await runProgram(options('env', { env: { PATH: '/usr/bin:/bin', ONLY: 'this' } }));
    const names = (await output()).split('\n').map((line) => line.split('=')[0]);
    expect(names.filter((name) => !['', '_', 'PWD', 'SHLVL'].includes(name ?? ''))).toEqual(
      expect.arrayContaining(['ONLY', 'PATH']),
    );
    expect(await output()).not.toMatch(/HOME|VITEST/);
  });

  it('keeps the end of a long standard error', async () => {
    const end = await runProgram(options('yes noise | head -c 100000 >&2; echo the end >&2'));
    expect(end.stderr.length).toBeLessThanOrEqual(8 * 1024);
    expect(end.stderr).toMatch(/the end$/);
  });

  it('stops a child that writes more than allowed', async () => {
    expect(await runProgram(options('yes'))).toMatchObject({ ended: 'outputTooLarge' });
    expect((await output()).length).toBeLessThanOrEqual(1000);
  });

  it('says so when there is no such program', async () => {
    const end = await runProgram(options('', { program: join(directory, 'none') }));
    // Without setpriv the spawn itself fails; with it, setpriv says what is missing.
    expect(end.ended === 'notStarted' || (end.ended === 'exited' && end.code === 127)).toBe(true);
  });

  it('tells a foreign signal from its own', async () => {
    expect(await runProgram(options('kill -USR1 $$'))).toMatchObject({ ended: 'signalled', signal: 'SIGUSR1' });
  });

  it('rejects when the output cannot be written, and leaves no child behind', async () => {
    const stdout = { file: join(directory, 'no', 'such', 'folder'), maxBytes: 10 };
    await expect(runProgram(options(`echo $$ > ${directory}/pid; sleep 600`, { stdout }))).rejects.toThrow(/ENOENT/);
    const pid = (await readFile(join(directory, 'pid'), 'utf8').catch(() => '')).trim();
    expect(pid === '' || !existsSync(`/proc/${pid}`)).toBe(true);
  });

  it.skipIf(!existsSync('/usr/bin/setpriv'))('a child does not outlive a service that is killed', async () => {
    const script = join(directory, 'service.ts');
    const run = options('echo $$ > pid; exec sleep 600');
    const module = new URL('./run-program.ts', import.meta.url).href;
    await writeFile(
      script,
      `import { runProgram } from ${JSON.stringify(module)}; await runProgram(${JSON.stringify(run)});`,
    );
    const service = spawn(process.execPath, [script], { stdio: 'ignore' });
    const pid = await until('the child', async () => {
      const text = await readFile(join(directory, 'pid'), 'utf8').catch(() => '');
      return text.endsWith('\n') ? text.trim() : undefined;
    });
    service.kill('SIGKILL');
    await once(service, 'exit');
    const gone = until('the end of the child', async () => {
      const state = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => ') Z');
      return /\) [ZX]/.test(state);
    });
    expect(await gone).toBe(true);
  });
});
