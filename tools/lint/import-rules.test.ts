import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';

const cases: readonly { file: string; source: string; problem?: string }[] = [
  { file: 'packages/kube/src/a.ts', source: "import '@kso/kit';" },
  { file: 'packages/kube/src/b.ts', source: "export * from '@kso/wire';" },
  { file: 'packages/kube/src/c.ts', source: "import 'node:fs';" },
  { file: 'packages/kube/src/d/e.ts', source: "import '../a.ts';" },
  { file: 'packages/kube/src/f.test.ts', source: "import '@kso/testkit/redis';" },
  { file: 'packages/queue/src/conformance.ts', source: "import '@kso/testkit';" },
  { file: 'packages/testkit/src/a.ts', source: "import '@kso/store';" },
  { file: 'services/gateway/src/a.ts', source: "import '@kso/store';" },
  { file: 'services/suite/src/a.ts', source: "import '@kso/gateway';" },
  { file: 'tools/a.ts', source: "import '@kso/gateway';" },
  { file: 'packages/kube/src/g.ts', source: "import '@kso/store';", problem: 'kube may not import store' },
  { file: 'packages/kube/src/h.ts', source: "export * from '@kso/queue/port';", problem: 'kube may not import queue' },
  { file: 'packages/kube/src/i.ts', source: "void import('@kso/gateway');", problem: 'kube may not import gateway' },
  { file: 'packages/kube/src/j.ts', source: "import '@kso/testkit';", problem: 'kube may not import testkit' },
  { file: 'services/gateway/src/b.ts', source: "import '@kso/operator';", problem: 'gateway may not import operator' },
  {
    file: 'services/gateway/src/c.ts',
    source: "import '../../operator/src/a.ts';",
    problem: 'leaves services/gateway',
  },
  { file: 'packages/kit/src/a.ts', source: "export { a } from '../../kube/src/a.ts';", problem: 'leaves packages/kit' },
];

// The plugin takes the folder two above its own for the repository, so a copy of it makes a repository of any folder.
const root = mkdtempSync(path.join(tmpdir(), 'kso-lint-'));
afterAll(() => rmSync(root, { recursive: true }));
const found = new Map<string, string[]>();

beforeAll(() => {
  mkdirSync(path.join(root, 'tools/lint'), { recursive: true });
  for (const file of ['import-rules.js', 'import-table.json'])
    copyFileSync(path.join(import.meta.dirname, file), path.join(root, 'tools/lint', file));
  const configuration = {
    jsPlugins: ['./tools/lint/import-rules.js'],
    categories: { correctness: 'off' },
    rules: { 'kso/import-table': 'error' },
  };
  writeFileSync(path.join(root, '.oxlintrc.json'), JSON.stringify(configuration));
  for (const { file, source } of cases) {
    mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
    writeFileSync(path.join(root, file), `${source}\n`);
  }
  const oxlint = path.resolve(import.meta.dirname, '../../node_modules/.bin/oxlint');
  const { stdout } = spawnSync(oxlint, ['--format=json'], { cwd: root, encoding: 'utf8' });
  const report = JSON.parse(stdout) as { diagnostics: { filename: string; message: string }[] };
  for (const { filename, message } of report.diagnostics)
    found.set(filename, [...(found.get(filename) ?? []), message]);
});

const [refused, allowed] = [cases.filter(({ problem }) => problem), cases.filter(({ problem }) => !problem)];

it.each(allowed)('allows in $file: $source', ({ file }) => {
  expect(found.get(file)).toBeUndefined();
});

it.each(refused)('refuses in $file: $source', ({ file, problem }) => {
  expect(found.get(file)).toEqual([expect.stringContaining(problem ?? '')]);
});
