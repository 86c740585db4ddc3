import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { InstallEvent } from './events.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'kso-install-'));
  mkdirSync(path.join(folder, 'bin'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A `go` that writes what it is asked to build, slowly enough for a second process to come in between. */
function fakeGo(script: string, version = 'go1.99.0'): void {
  const text = `#!/bin/sh\n[ "$1" = env ] && { echo ${version}; exit 0; }\n${script}\n`;
  writeFileSync(path.join(folder, 'bin', 'go'), text, { mode: 0o755 });
}

const buildSlowly =
  'while [ "$1" != -o ]; do shift; done; sleep 0.3; echo built >>"$(dirname "$2")/log"; echo "#!/bin/sh" >"$2"';

async function runInstall(...args: string[]): Promise<{ code: number; events: InstallEvent[]; errors: string }> {
  const env = { PATH: `${path.join(folder, 'bin')}:/usr/bin:/bin`, KSO_TOOLS_DIR: path.join(folder, 'tools') };
  const script = path.join(import.meta.dirname, 'install.ts');
  const child = spawn(process.execPath, [script, '--json', ...args], { env });
  const output = { out: '', err: '' };
  child.stdout.on('data', (chunk: Buffer) => void (output.out += chunk.toString('utf8')));
  child.stderr.on('data', (chunk: Buffer) => void (output.err += chunk.toString('utf8')));
  const code = await new Promise<number>((resolve) => child.once('close', (status) => resolve(status ?? -1)));
  const lines = output.out.split('\n').filter((line) => line !== '');
  return { code, events: lines.map((line) => JSON.parse(line) as InstallEvent), errors: output.err };
}

const summary = (events: readonly InstallEvent[]) =>
  events.map((event) => [event.event, event.program, 'how' in event ? event.how : undefined]);

describe('install', () => {
  it('builds what is missing, finds it the next time, and builds again for another pin', async () => {
    fakeGo(buildSlowly);
    const first = await runInstall('syft');
    expect(summary(first.events)).toEqual([
      ['start', 'syft', undefined],
      ['done', 'syft', 'built'],
    ]);
    expect(first.code).toBe(0);
    expect(summary((await runInstall('syft')).events)).toEqual([['done', 'syft', 'cache']]);

    writeFileSync(path.join(folder, 'tools', '.syft.stamp'), 'v0.0.1 other\n');
    expect(summary((await runInstall('syft')).events)).toContainEqual(['done', 'syft', 'built']);
  });

  it('does not build the same program in two processes at once', async () => {
    fakeGo(buildSlowly);
    const runs = await Promise.all([runInstall('grype'), runInstall('grype')]);
    expect(runs.map(({ code }) => code)).toEqual([0, 0]);
    expect(readFileSync(path.join(folder, 'tools', 'log'), 'utf8')).toBe('built\n');
    const ends = runs.flatMap(({ events }) => summary(events.filter(({ event }) => event === 'done')));
    const [built, found] = [
      ['done', 'grype', 'built'],
      ['done', 'grype', 'cache'],
    ];
    expect(ends).toHaveLength(2);
    expect(ends).toEqual(expect.arrayContaining([built, found]));
  });

  it('says what failed, leaves nothing half made and goes on with the others', async () => {
    fakeGo('case "$*" in *grype*) echo "main.go:1: no space left" >&2; exit 1;; esac; shift 7; echo x >"$1"');
    const { code, events } = await runInstall('syft', 'grype');
    expect(code).toBe(1);
    expect(events).toContainEqual(
      expect.objectContaining({ event: 'failed', program: 'grype', reason: expect.stringContaining('no space left') }),
    );
    expect(summary(events)).toContainEqual(['done', 'syft', 'built']);
  });

  it('names Go when it is absent or too old', async () => {
    const absent = await runInstall('syft');
    expect(absent.events).toMatchObject([
      { event: 'failed', reason: /Go is not on PATH/, hint: /put syft v.* on PATH/ },
    ]);
    fakeGo('exit 9', 'go1.19.8');
    const old = await runInstall('syft');
    expect(old.events).toMatchObject([{ event: 'failed', reason: /PATH has go1\.19\.8/ }]);
    expect([absent.code, old.code]).toEqual([1, 1]);
  });

  it('takes what is on PATH', async () => {
    writeFileSync(path.join(folder, 'bin', 'syft'), '#!/bin/sh\n', { mode: 0o755 });
    const { code, events } = await runInstall('syft');
    expect(summary(events)).toEqual([['done', 'syft', 'path']]);
    expect(code).toBe(0);
  });

  it.each([
    [['nosuch'], 'unknown program: nosuch (see --help)\n'],
    [['--for', 'fun'], '--for takes start, test or e2e, not fun (see --help)\n'],
  ])('ends with 2 for %j', async (args, errors) => {
    expect(await runInstall(...args)).toEqual({ code: 2, events: [], errors });
  });
});
