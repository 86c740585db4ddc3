import { Writable } from 'node:stream';
import { describe, expect, it, test } from 'vitest';
import type { CliHost } from './host.ts';
import { runCli } from './service.ts';
import { sampleFolder } from './target/sample.ts';

interface Run {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function run(args: readonly string[], changes: Partial<CliHost> = {}): Promise<Run> {
  const text = { stdout: '', stderr: '' };
  const collect = (name: 'stdout' | 'stderr') =>
    new Writable({
      write: (chunk, _encoding, done) => {
        text[name] += String(chunk);
        done();
      },
    });
  const host: CliHost = {
    env: {},
    cwd: '/nowhere',
    home: '/nowhere',
    stdout: collect('stdout'),
    stderr: collect('stderr'),
    signal: new AbortController().signal,
    now: () => 0,
    ...changes,
  };
  const code = await runCli(args, host);
  return { code, ...text };
}

describe('help', () => {
  it.each(
    [[], ['up'], ['scan'], ['scan', 'image'], ['tools'], ['tools', 'list'], ['tools', 'install'], ['version']].map(
      (command) => [command] as const,
    ),
  )('%j --help goes to standard output with examples or subcommands', async (command) => {
    const { code, stdout, stderr } = await run([...command, '--help']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain(`Usage: ${['kso', ...command].join(' ')}`);
    expect(stdout).toMatch(/Examples:|Commands:|--format/);
    expect(stdout).toContain('--help');
  });

  test('names every exit status', async () => {
    const { stdout } = await run(['--help']);
    expect(stdout).toMatch(/Exit status:\n {2}0 .*\n {2}1 .*\n {2}2 .*\n {2}3 .*\n {2}130 .*\n {2}143 /);
  });

  test('--version is a line with the version of kso', async () => {
    const { code, stdout, stderr } = await run(['--version']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^kso \d+\.\d+\.\d+\n$/);
  });

  test('kso alone shows the help and is a usage error', async () => {
    const { code, stdout, stderr } = await run([]);
    expect(code).toBe(2);
    expect(`${stdout}${stderr}`).toContain('Usage: kso');
  });
});

describe('a wrong command line is one line and exit status 2', () => {
  it.each([
    [['up', '--onc'], '--once'],
    [['scn'], 'scan'],
    [['scan', '--format', 'xml'], 'table, json'],
    [['scan', '--formt', 'json'], '--format'],
    [['scan', '--fail-on', 'hihg'], 'critical, high, medium, low'],
    [['scan', '--framework', ','], 'empty'],
    [['up', '--port', '99999'], '65535'],
    [['up', '--port', 'http'], '65535'],
    [['up', '--manifests', ''], 'empty'],
    [['up', '--data-dir='], 'empty'],
    [['scan', ''], 'empty'],
    [['scan', 'cluster', 'deploy/'], 'cluster: cannot be mixed with paths'],
    [['scan', 'deploy/', 'cluster'], 'cluster: cannot be mixed with paths'],
    [['scan', '.', '--output', ''], 'empty'],
    [['up', '--listen', 'operatr=1'], 'operator'],
    [['up', '--listen', 'operator'], 'port'],
    [['up', 'extra'], 'argument'],
    [['scan', 'image'], 'reference'],
    [['scan', 'image', 'a', 'b'], 'argument'],
    [['tools', 'instal'], 'install'],
  ])('%j', async (args, hint) => {
    const { code, stdout, stderr } = await run(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^kso: [^\n]+\n$/);
    expect(stderr).toContain(hint);
  });
});

it.runIf(process.platform === 'linux')('a result that cannot be written is one line', async () => {
  const { code, stderr } = await run(['scan', sampleFolder, '--output', '/dev/full']);
  expect(code).toBe(2);
  expect(stderr).toMatch(/^kso: cannot write \/dev\/full: ENOSPC[^\n]*\n$/);
});
