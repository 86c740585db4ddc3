import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as fc from 'fast-check';
import { expect, it, onTestFinished } from 'vitest';
import { unifiedDiff } from './unified-diff.ts';

it('shows three lines around a change, and one hunk for changes that are near', () => {
  const lines = Array.from({ length: 30 }, (_, index) => `${index}\n`);
  const after = lines.toSpliced(5, 1, 'five\n').toSpliced(9, 0, 'new\n').toSpliced(27, 1);
  expect(unifiedDiff('a.yaml', lines.join(''), after.join(''))).toBe(
    [
      '--- a/a.yaml\n+++ b/a.yaml\n',
      '@@ -3,10 +3,11 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n+new\n 9\n 10\n 11\n',
      '@@ -24,7 +25,6 @@\n 23\n 24\n 25\n-26\n 27\n 28\n 29\n',
    ].join(''),
  );
});

it('is nothing for the same, and says where a line end is missing', () => {
  expect(unifiedDiff('a', 'x\n', 'x\n')).toBe('');
  expect(unifiedDiff('a', 'x', 'x\ny')).toBe(
    '--- a/a\n+++ b/a\n@@ -1,1 +1,2 @@\n-x\n\\ No newline at end of file\n+x\n+y\n\\ No newline at end of file\n',
  );
});

it('is taken by git apply, whatever the change is', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'kso-diff-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = path.join(folder, 'a.yaml');
  const text = fc.array(fc.constantFrom('a', 'b', 'c: d', ''), { maxLength: 12 }).map((lines) => lines.join('\n'));
  const git = (...args: readonly string[]) => execFileSync('git', args, { cwd: folder, stdio: 'pipe' });
  fc.assert(
    fc.property(text, text, (before, after) => {
      // What has no lines is made or removed as a file, which is another form of a diff.
      fc.pre(before !== after && before !== '' && after !== '');
      writeFileSync(file, before);
      writeFileSync(path.join(folder, 'a.diff'), unifiedDiff('a.yaml', before, after));
      git('apply', '--whitespace=nowarn', 'a.diff');
      expect(readFileSync(file, 'utf8')).toBe(after);
    }),
    { numRuns: 40 },
  );
});
