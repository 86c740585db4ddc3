import { execFileSync } from 'node:child_process';
import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import type { CliHost } from '../host.ts';
import { createProgram } from '../program.ts';
import { commandShapes } from './command-shapes.ts';
import { completionScript } from './scripts.ts';

const host = { stdout: process.stdout, stderr: process.stderr, env: {} } as unknown as CliHost;
const shapes = commandShapes(createProgram(host, () => undefined));

/** What bash offers for a line that ends at the cursor. */
function offered(...words: readonly string[]): string[] {
  const line = words.map((word) => `'${word}'`).join(' ');
  const ask = `COMP_WORDS=(kso ${line}); COMP_CWORD=${words.length}; _kso; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const script = `${completionScript('bash', shapes)}\n${ask}`;
  return execFileSync('bash', ['--norc', '-c', script], { encoding: 'utf8' }).trim().split('\n');
}

describe('in bash', () => {
  it('commands, subcommands, options, values', () => {
    expect(offered('in')).toEqual(['inventory']);
    expect(offered('scan', 'im')).toEqual(['image']);
    expect(offered('inventory', '--poll')).toEqual(['--polling-interval-seconds']);
    expect(offered('inventory', '--output', '')).toEqual(['json', 'table', 'ndjson']);
    expect(offered('inventory', '-q', '-m', 'p')).toEqual(['periodic']);
    expect(offered('completion', '')).toEqual(['bash', 'zsh', 'fish']);
  });
});

it('every command and option is in each script', () => {
  for (const shell of ['bash', 'zsh', 'fish'] as const) {
    const script = completionScript(shell, shapes);
    for (const { path, options } of shapes) {
      expect(script).toContain(path);
      for (const { long } of options) expect(script).toContain(shell === 'fish' ? `-l ${long.slice(2)}` : long);
    }
  }
});

it('descriptions cannot break out of their quotes', () => {
  const program = new Command('kso');
  program.command('odd').description(`it's $(touch /tmp/x) \`y\` \\`);
  const odd = commandShapes(program);
  expect(completionScript('zsh', odd)).toContain(`'odd:it'\\''s $(touch /tmp/x) \`y\` \\'`);
  expect(completionScript('fish', odd)).toContain(String.raw`'it\'s $(touch /tmp/x)`);
});
