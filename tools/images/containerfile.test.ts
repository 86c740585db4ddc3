import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { expand, readContainerfile } from './containerfile.ts';

const folder = path.resolve(import.meta.dirname, '../../deploy/images');
const read = (name: string) => readContainerfile(readFileSync(path.join(folder, `${name}.Containerfile`), 'utf8'));

describe('readContainerfile', () => {
  it('reads arguments before and inside of stages, continued lines and copies', () => {
    const text =
      'ARG A=x:1\nARG B\n# FROM nothing\nFROM ${A} AS one\nARG C=2\nRUN a \\\n && b\nFROM one\nCOPY --from=one --chown=0:0 /a /b\n';
    expect(readContainerfile(text)).toEqual({
      args: { A: 'x:1', B: undefined },
      stages: [
        { name: 'one', base: '${A}', args: { C: '2' }, copiesFrom: [], instructions: ['ARG C=2', 'RUN a && b'] },
        {
          name: undefined,
          base: 'one',
          args: {},
          copiesFrom: ['one'],
          instructions: ['COPY --from=one --chown=0:0 /a /b'],
        },
      ],
    });
  });
});

/** The path with public bases needs a registry; that its stages fit together does not. */
describe.each(['suite', 'engines'])('the stages of the %s image', (name) => {
  const { args, stages } = read(name);
  const names = stages.map((stage) => stage.name);

  it('stand on images with a tag, or on a stage before them', () => {
    for (const [index, stage] of stages.entries()) {
      const base = expand(stage.base, args);
      const isStage = names.slice(0, index).includes(base);
      expect({ base, isKnown: isStage || /^[\w.-]+(\.[a-z]+|host)?\/[\w./-]+:[\w.-]+$/.test(base) }).toEqual({
        base,
        isKnown: true,
      });
    }
  });

  it('copy from stages before them', () => {
    for (const [index, stage] of stages.entries())
      for (const from of stage.copiesFrom) expect(names.slice(0, index)).toContain(from);
  });

  it('declare each variable that they use', () => {
    for (const { args: own, instructions } of stages)
      for (const instruction of instructions)
        for (const [, variable = ''] of instruction.matchAll(/\$\{(\w+)/g))
          expect(Object.keys(own)).toContain(variable);
  });

  it('can be replaced by what is made beside them: the build stage is one argument away', () => {
    const [part] = name === 'suite' ? ['TREE'] : ['PROGRAMS'];
    expect(args[part]).toBe('build');
    const replaced = stages.map((stage) => expand(stage.base, { ...args, [part]: 'localhost/made-beside:latest' }));
    expect(replaced).toContain('localhost/made-beside:latest');
  });
});

it('the suite image runs as nobody, without a shell, and says what it is', () => {
  const last = read('suite').stages.at(-1);
  expect(last?.instructions).toContain('USER 65532:65532');
  const entrypoint = last?.instructions.find((each) => each.startsWith('ENTRYPOINT')) ?? '';
  expect(JSON.parse(entrypoint.replace('ENTRYPOINT ', ''))).toContain('/app/launcher.js');
  expect(last?.instructions.filter((each) => each.startsWith('RUN'))).toEqual([]);
  const label = last?.instructions.find((each) => each.startsWith('LABEL')) ?? '';
  for (const name of ['title', 'description', 'licenses', 'version', 'revision', 'base.name'])
    expect(label).toContain(`org.opencontainers.image.${name}=`);
});
