import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { tar } from './tar.ts';

const list = (archive: Buffer) => spawnSync('tar', ['-tvf', '-'], { input: archive, encoding: 'utf8' });

describe('tar', () => {
  it('is read by the real tar: types, modes, sizes and targets', () => {
    const { stdout, status } = list(
      tar([
        { type: 'folder', path: 'etc' },
        { type: 'file', path: 'etc/run', content: 'x'.repeat(513), mode: 0o755 },
        { type: 'symlink', path: 'bin', target: 'usr/bin' },
      ]),
    );
    expect(status).toBe(0);
    const lines = stdout.trim().split('\n');
    expect(lines[0]).toMatch(/^drwxr-xr-x .* etc\/$/);
    expect(lines[1]).toMatch(/^-rwxr-xr-x .* 513 .* etc\/run$/);
    expect(lines[2]).toMatch(/^lrwxrwxrwx .* bin -> usr\/bin$/);
  });

  it.each([99, 100, 101, 983, 984, 3000])('keeps a name of %i bytes', (length) => {
    const name = `${'d'.repeat(90)}/`
      .repeat(40)
      .slice(0, length - 1)
      .concat('f');
    const { stdout } = list(tar([{ type: 'file', path: name, content: 'x' }]));
    expect(stdout.trim().endsWith(name)).toBe(true);
  });

  it('gives the same bytes for the same entries', () => {
    const entries = [{ type: 'file', path: 'a', content: 'b' }] as const;
    expect(tar(entries).equals(tar(entries))).toBe(true);
  });
});
