import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fixText } from './fix/fix-text.ts';
import { createLocator } from './locate.ts';
import { readManifest } from './read-file.ts';

/** What is wrong with what comes out: whatever a file holds, it has the shape that everybody behind the reader relies on. */
function faultsOf(bytes: Uint8Array): string[] {
  const { objects, problems, others } = readManifest(bytes);
  const ofProblems = problems.flatMap(({ line, detail }) => [
    ...(line >= 1 ? [] : [`a problem in line ${line}`]),
    ...(detail === '' ? ['a problem without words'] : []),
  ]);
  const ofObjects = objects.flatMap(({ object, document, line }) => {
    const { apiVersion, kind, metadata } = object;
    const texts: unknown[] = [apiVersion, kind, metadata.name, metadata.namespace ?? ''];
    return [
      ...texts.flatMap((each) => (typeof each === 'string' ? [] : [`${typeof each} for a text`])),
      ...(document >= 0 && line >= 1 ? [] : [`document ${document}, line ${line}`]),
    ];
  });
  return [...ofProblems, ...ofObjects, ...(others >= 0 ? [] : [`${others} others`])];
}

const text = (value: string) => new TextEncoder().encode(value);

/** Pieces out of which YAML that is nearly right, or wrong in a new way, is made. */
const piece = fc.constantFrom(
  'apiVersion: v1\n',
  'kind: Pod\n',
  'kind: List\n',
  'items:\n- ',
  'metadata: {name: a}\n',
  'metadata:\n  name: ',
  'spec:\n',
  '  containers:\n  - name: a\n',
  '---\n',
  '--- x\n',
  '...\n',
  '&a ',
  '*a ',
  '<<: *a\n',
  '? ',
  ': ',
  '[',
  ']',
  '{',
  '}',
  '| \n',
  '>-\n  ',
  '"',
  "'",
  '# c\n',
  '!!binary ',
  '!x ',
  '%YAML 1.1\n',
  '\t',
  '\r\n',
  '\ufeff',
  '\u0000',
  '{{ .Values.x }}\n',
  '__proto__: {a: 1}\n',
  '{"kind":"Pod"}',
  'null\n',
  '~\n',
  '-\n',
  '  ',
);

describe('the reader of manifests', () => {
  it('takes any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(faultsOf(bytes)).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });

  it('takes anything that looks like YAML', () => {
    const pieces = fc.array(piece, { maxLength: 25 }).map((parts) => text(parts.join('')));
    fc.assert(
      fc.property(pieces, (bytes) => {
        expect(faultsOf(bytes)).toEqual([]);
      }),
      { numRuns: 1_500 },
    );
  });

  it('takes objects of which any field has any type', () => {
    const any = fc.jsonValue({ maxDepth: 3 });
    const object = fc.record(
      {
        apiVersion: fc.oneof(fc.constant('v1'), any),
        kind: fc.oneof(fc.constantFrom('Pod', 'List', 'PodList'), any),
        metadata: any,
        spec: any,
        items: any,
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(object, (value) => {
        expect(faultsOf(text(JSON.stringify(value)))).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    ['a list in a list, ten thousand times', '['.repeat(10_000)],
    ['a mapping in a mapping, ten thousand times', '{a: '.repeat(10_000)],
    [
      'a block in a block, two thousand times',
      Array.from({ length: 2_000 }, (_, depth) => `${' '.repeat(depth)}a:\n`).join(''),
    ],
    ['JSON of ten thousand levels', `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`],
    [
      'aliases that multiply to billions',
      `a: &a [x,x,x,x,x,x,x,x,x]\n${Array.from({ length: 12 }, (_, level) => `b${level}: &b${level} [${Array.from({ length: 9 }, () => (level === 0 ? '*a' : `*b${level - 1}`)).join(',')}]\n`).join('')}`,
    ],
    ['a node that contains itself', 'apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: &s\n  again: *s\n'],
    ['a merge of itself', 'a: &a\n  <<: *a\n  b: 1\n'],
    ['a hundred thousand documents', '---\n'.repeat(100_000)],
    ['a key of a megabyte', `${'k'.repeat(1_000_000)}: 1\n`],
    ['a line of a megabyte of brackets that never close', '"[{'.repeat(300_000)],
    ['lists of lists beyond what is looked at', '{"apiVersion":"v1","kind":"List","items":['.repeat(50)],
  ])('comes back from %s', (_what, source) => {
    expect(faultsOf(text(source))).toEqual([]);
  });
});

describe('what finds and changes fields', () => {
  const paths = fc.constantFrom(
    '',
    'kind',
    'spec.a',
    'items[0].spec',
    '[0]',
    'metadata.labels[a.b/c]',
    '..[',
    '__proto__.x',
    'constructor.prototype.y',
  );

  it('comes back from anything that looks like YAML', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 20 }), paths, async (parts, path) => {
        const source = parts.join('');
        const place = await createLocator({ texts: new Map([['f', source]]) }).locate('f', 0, path);
        expect(place === undefined || (place.line >= 1 && place.column >= 1)).toBe(true);
        const fixed = await fixText(source, [{ document: 0, path, value: 'x' }]);
        expect(fixed.applied.length + fixed.refused.length).toBe(1);
        expect(fixed.applied.length === 1 || fixed.text === source).toBe(true);
      }),
      { numRuns: 800 },
    );
    expect(({} as { x?: unknown }).x).toBeUndefined();
  });
});
