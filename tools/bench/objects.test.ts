import { createRequire } from 'node:module';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { generateNamespace, generateObjects, objectsPerNamespace } from './objects.ts';
import { toYaml } from './yaml.ts';

// The reader of the testkit, since tools have no dependencies of their own.
const testkit = createRequire(path.resolve(import.meta.dirname, '../../packages/testkit/package.json'));
const { load } = testkit('js-yaml') as { load(text: string): unknown };

const identity = (object: { kind: string; metadata: { name: string; namespace?: string } }) =>
  `${object.kind}/${object.metadata.namespace ?? ''}/${object.metadata.name}`;

describe('generated objects', () => {
  it('are as many as asked for, each with a name of its own', () => {
    const objects = generateObjects(1000);
    expect(objects).toHaveLength(1000);
    expect(new Set(objects.map(identity)).size).toBe(1000);
  });

  it('are the same every time, and a smaller set is the beginning of a larger one', () => {
    expect(generateObjects(100)).toEqual(generateObjects(500).slice(0, 100));
    expect(generateNamespace(3)).toHaveLength(objectsPerNamespace);
  });

  it('are about half good', () => {
    const pods = JSON.stringify(generateObjects(5000));
    const share = pods.split('"readOnlyRootFilesystem":true').length / pods.split('"image":').length;
    expect(share).toBeGreaterThan(0.4);
    expect(share).toBeLessThan(0.6);
  });
});

describe('toYaml', () => {
  it('is read back as what was written', () => {
    for (const object of generateObjects(200)) expect(load(toYaml(object))).toEqual(object);
  });

  it('quotes what would be read as something else', () => {
    const strings = {
      a: 'true',
      b: '1.0',
      c: 'no',
      d: '',
      e: '0 3 * * *',
      f: 'a: b',
      g: 'two\nlines',
      h: '0x1',
      i: '1e3',
    };
    expect(load(toYaml({ ...strings, list: [[], {}, [1, 'x'], { k: [] }, null, true] }))).toEqual({
      ...strings,
      list: [[], {}, [1, 'x'], { k: [] }, null, true],
    });
  });
});
