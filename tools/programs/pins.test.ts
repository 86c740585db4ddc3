import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { type BuiltProgram, programs, programsFor } from './pins.ts';

const built = programs.filter((program): program is BuiltProgram => program.source === 'go');
const moduleOf = ({ module }: BuiltProgram) => readFileSync(path.join(import.meta.dirname, module, 'go.mod'), 'utf8');

describe('pins', () => {
  it.each(built)('$name $version is what its go.mod says', (program) => {
    const goMod = moduleOf(program);
    const required = [...goMod.matchAll(/^(?:require )?\t?(\S+) (v\S+)/gm)];
    const owner = required.find(([, name = '']) => `${program.package}/`.startsWith(`${name}/`));
    expect(owner?.[2]).toBe(program.version);
    expect(goMod).toMatch(new RegExp(`^(tool )?\\t?${RegExp.escape(program.package)}$`, 'm'));
  });

  it('knows every program that a test asks for: a machine without leftovers has no other', () => {
    const root = path.resolve(import.meta.dirname, '../..');
    const files = execFileSync('git', ['ls-files', '*.test.ts'], { cwd: root, encoding: 'utf8' }).trim().split('\n');
    // Go is there before; `nothing` is asked for because it is not there.
    const installed = (file: string) =>
      new Set([...programsFor(file.startsWith('test/e2e/') ? 'e2e' : 'test').map(({ name }) => name), 'go', 'nothing']);
    const unknown = files.flatMap((file) => {
      const text = readFileSync(path.join(root, file), 'utf8');
      const calls = [...text.matchAll(/\b(?:missingPrograms|requireProgram)\(([^)]*)\)/g)];
      const names = calls.flatMap(([, list = '']) => [...list.matchAll(/'([^']+)'/g)].map(([, name = '']) => name));
      return names.filter((name) => !installed(file).has(name)).map((name) => `${file}: ${name}`);
    });
    expect(unknown).toEqual([]);
  });

  it('builds only the engines for a start, and names every program once', () => {
    expect(programsFor('start').map(({ name }) => name)).toEqual(['syft', 'grype']);
    expect(new Set(programs.map(({ name }) => name)).size).toBe(programs.length);
  });
});
