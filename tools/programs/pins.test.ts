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

  it('builds only the engines for a start, and names every program once', () => {
    expect(programsFor('start').map(({ name }) => name)).toEqual(['syft', 'grype']);
    expect(new Set(programs.map(({ name }) => name)).size).toBe(programs.length);
  });
});
