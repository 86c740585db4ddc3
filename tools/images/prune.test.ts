import { globSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { prune } from './prune.ts';

describe('prune', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'kso-prune-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  function write(files: Readonly<Record<string, string>>): void {
    for (const [file, content] of Object.entries(files)) {
      mkdirSync(path.join(folder, path.dirname(file)), { recursive: true });
      writeFileSync(path.join(folder, file), content);
    }
  }

  /** Which of these files are there after pruning. */
  function remaining(files: readonly string[]): string[] {
    prune(folder);
    return globSync('**/*.*', { cwd: folder })
      .filter((file) => files.includes(file))
      .toSorted();
  }

  it('keeps of our own packages what a program or an export reaches, workers too', () => {
    const own = 'node_modules/@kso/kit';
    const service = 'node_modules/@kso/gateway';
    const kept = {
      [`${service}/package.json`]: '{}',
      [`${service}/dist/main.js`]: "await import('./run.js');",
      [`${service}/dist/run.js`]: "new Worker(new URL('./worker.js', import.meta.url));",
      [`${service}/dist/worker.js`]: '',
      [`${own}/package.json`]: JSON.stringify({ exports: { '.': { compiled: './dist/index.js' } } }),
      [`${own}/dist/index.js`]: "export * from './deep/part.js';",
      [`${own}/dist/deep/part.js`]: '',
    };
    const gone = {
      [`${service}/dist/main.js.map`]: '',
      [`${own}/src/index.ts`]: '',
      [`${own}/dist/index.d.ts`]: '',
      [`${own}/dist/index.test.js`]: "import './conformance.js';",
      [`${own}/dist/conformance.js`]: '',
      [`${own}/tsconfig.json`]: '',
    };
    write({ ...kept, ...gone });
    expect(remaining([...Object.keys(kept), ...Object.keys(gone)])).toEqual(Object.keys(kept).toSorted());
  });

  it('takes from others prose, types and tests, but no code that is called like them, and no licence', () => {
    const kept = [
      'yaml/dist/doc/document.js',
      'yaml/LICENSE.md',
      'yaml/lib/test/check.js',
      'a/node_modules/b/index.js',
    ];
    const gone = ['yaml/README.md', 'yaml/index.d.mts', 'yaml/test/all.js', 'a/node_modules/b/docs/index.js'];
    const under = (file: string) => `node_modules/${file}`;
    const all = [...kept, ...gone, '@types/node/index.js'].map(under);
    write(Object.fromEntries(all.map((file) => [file, ''])));
    expect(remaining(all)).toEqual(kept.map(under).toSorted());
  });
});
