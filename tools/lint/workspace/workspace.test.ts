import { describe, expect, it } from 'vitest';
import { checkDependencies } from './dependencies.ts';
import { checkDecisions, checkLinks } from './documents.ts';
import { repositoryOf } from './repository.ts';
import { checkEscapes, checkLength, checkNames } from './sources.ts';

const table = JSON.stringify({
  packages: { wire: [], kit: [], store: ['kit'], testkit: ['*'] },
  composers: ['suite'],
});

function member(folder: string, dependencies: object, devDependencies: object = {}, references?: readonly string[]) {
  const needed = [...Object.keys(dependencies), ...Object.keys(devDependencies)].filter((name) =>
    name.startsWith('@kso/'),
  );
  const paths = references ?? needed.map((name) => `../../packages/${name.slice(5)}`);
  return {
    [`${folder}/package.json`]: JSON.stringify({ name: `@kso/${folder.split('/')[1]}`, dependencies, devDependencies }),
    [`${folder}/tsconfig.json`]: JSON.stringify({ references: paths.map((path) => ({ path })) }),
  };
}

const dependencyProblems = (files: Record<string, string>) =>
  checkDependencies(repositoryOf({ 'tools/lint/import-table.json': table, ...files }));
const own = 'workspace:*';

describe('dependencies', () => {
  it('lets a package have what the table says, wire, and testkit for its tests', () => {
    expect(
      dependencyProblems(member('packages/store', { '@kso/kit': own, '@kso/wire': own }, { '@kso/testkit': own })),
    ).toEqual([]);
    expect(dependencyProblems(member('services/suite', { '@kso/gateway': own }))).toEqual([]);
  });

  it.each([
    ['a package that the table does not allow', member('packages/store', { '@kso/testkit': own })],
    ['testkit below the testkit', member('packages/kit', {}, { '@kso/testkit': own })],
    ['a service in a package', member('packages/store', { '@kso/gateway': own })],
    ['a service in a service', member('services/gateway', { '@kso/operator': own })],
    ['testkit at run time', member('services/gateway', { '@kso/testkit': own })],
    ['a package that the table does not know', member('packages/other', {})],
    ['a version of its own', member('services/gateway', { ws: '^8.0.0' })],
    ['no reference for a dependency', member('packages/store', { '@kso/kit': own }, {}, [])],
    ['a reference without a dependency', member('packages/store', {}, {}, ['../kit'])],
  ])('refuses %s', (_what, files) => {
    expect(dependencyProblems(files)).toHaveLength(1);
  });
});

describe('documents', () => {
  it('finds links that lead nowhere, and only those', () => {
    const text = [
      '[a](docs/a.md#part) [b](<docs/>) [c](https://example.com) [d](#here) `[e](code.md)`',
      '[f](docs/gone.md "title") ![g](pictures/gone.png)',
      '[h]: gone.md',
      '```\n[i](fence.md)\n```',
    ].join('\n');
    expect(checkLinks(repositoryOf({ 'README.md': text, 'docs/a.md': '[up](../README.md) [here](.)' }))).toEqual([
      'README.md: nothing at docs/gone.md',
      'README.md: nothing at pictures/gone.png',
      'README.md: nothing at gone.md',
    ]);
  });

  it('wants decisions numbered without a gap or a double', () => {
    const files = { 'docs/adr/0001-a.md': '# 1. A', 'docs/adr/0002-b.md': '# 3. B', 'docs/adr/0002-c.md': '# 2. C' };
    expect(checkDecisions(repositoryOf(files))).toEqual([
      'docs/adr/0002-b.md: its first line is not "# 2. …"',
      'docs/adr/0002-c.md: the next free number is 0003',
    ]);
  });
});

describe('sources', () => {
  it('wants kebab-case', () => {
    const names = [
      'packages/a/src/good-name.test.ts',
      'packages/a/src/Bad.ts',
      'test/snake_case/a.ts',
      'docs/Guide.md',
    ];
    const files = Object.fromEntries(names.map((name) => [name, '']));
    expect(checkNames(repositoryOf(files)).map((problem) => problem.split(':')[0])).toEqual(names.slice(1));
  });

  it('wants a reason for a long file, and none for a short one', () => {
    const files = {
      'tools/lint/long-files.json': JSON.stringify({ 'tools/data.ts': 'a table', 'tools/short.ts': 'was long' }),
      'tools/data.ts': '\n'.repeat(500),
      'tools/short.ts': '\n'.repeat(10),
      'tools/long.ts': '\n'.repeat(401),
      'tools/just.ts': '\n'.repeat(400),
      'tools/long.test.ts': '\n'.repeat(600),
    };
    expect(checkLength(repositoryOf(files))).toEqual([
      expect.stringContaining('tools/long.ts: 401 lines'),
      expect.stringContaining('tools/short.ts is not long any more'),
    ]);
  });

  it('wants a reason where a check is switched off', () => {
    const off = ['oxlint', 'disable-next-line no-console'].join('-');
    const lines = [
      `// ${off} -- the terminal is the point`,
      'a();',
      '',
      '// Shown to people.',
      `// ${off}`,
      'b();',
      `// ${off}`,
    ];
    expect(checkEscapes(repositoryOf({ 'tools/a.ts': lines.join('\n') }))).toEqual([
      expect.stringContaining('tools/a.ts:7'),
    ]);
  });
});
