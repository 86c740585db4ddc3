import { parseDocument } from '@kso/domain/yaml';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { fixText } from './fix-text.ts';
import { withFields } from './fix-tree.ts';
import { valueFor } from './value.ts';

const pod = `# what the shop runs
apiVersion: v1
kind: Pod
metadata:
    name: web   # odd indentation

spec:
    containers:
    # the one that matters
    - name: app
      image: "app:1"   # pinned later
      securityContext: {privileged: true} # sic
    -   image: b
        name: side
        args: ["-v"]
        securityContext:
    hostPID: true
`;

async function fixed(text: string, ...fixes: readonly (readonly [path: string, value: string, document?: number])[]) {
  return fixText(
    text,
    fixes.map(([path, value, document = 0]) => ({ document, path, value })),
  );
}

/** Lines that have gone and lines that have come. */
function changes(before: string, after: string): string[] {
  const old = before.split('\n');
  const now = after.split('\n');
  return [
    ...old.filter((line) => !now.includes(line)).map((line) => `-${line}`),
    ...now.filter((line) => !old.includes(line)).map((line) => `+${line}`),
  ];
}

describe('setting a field', () => {
  it.each([
    ['a value that is there', 'spec.hostPID', 'false', ['-    hostPID: true', '+    hostPID: false']],
    [
      'a value in a flow mapping, and its comment stays',
      'spec.containers[0].securityContext.privileged',
      'false',
      ['-      securityContext: {privileged: true} # sic', '+      securityContext: {privileged: false} # sic'],
    ],
    [
      'a further field of a flow mapping',
      'spec.containers[0].securityContext.capabilities.drop[0]',
      'ALL',
      [
        '-      securityContext: {privileged: true} # sic',
        '+      securityContext: {privileged: true, capabilities: {drop: [ALL]}} # sic',
      ],
    ],
    [
      'below a key without a value',
      'spec.containers[1].securityContext.runAsNonRoot',
      'true',
      ['+          runAsNonRoot: true'],
    ],
    [
      'parents that are missing',
      'spec.containers[1].resources.limits.cpu',
      '2',
      ['+        resources:', '+          limits:', '+            cpu: 2'],
    ],
    ['at the end of a mapping whose last value is a list', 'spec.x', 'a b', ['+    x: "a b"']],
    [
      'a text that looks like a truth value, where texts are wanted',
      'metadata.annotations[example.com/on]',
      'true',
      ['+    annotations:', '+      example.com/on: "true"'],
    ],
    [
      'a list that grows',
      'spec.containers[1].args[1]',
      '--x=y',
      ['-        args: ["-v"]', '+        args: ["-v", "--x=y"]'],
    ],
    ['a value of a list', 'spec.containers[1].args[0]', 'w', ['-        args: ["-v"]', '+        args: [w]']],
  ])('%s', async (_what, path, value, expected) => {
    const { text, applied, refused } = await fixed(pod, [path, value]);
    expect(refused).toEqual([]);
    expect(applied).toHaveLength(1);
    expect(changes(pod, text)).toEqual(expected);
  });

  it('makes parents once for several fields, in one document of several', async () => {
    const other = 'a: 1 # untouched\n---\n';
    const { text, applied } = await fixed(
      other + pod,
      ['spec.securityContext.runAsUser', '1000', 1],
      ['spec.securityContext.seccompProfile.type', 'RuntimeDefault', 1],
      ['spec.containers[0].securityContext.privileged', 'false', 1],
    );
    expect(applied).toHaveLength(3);
    expect(text.startsWith(other)).toBe(true);
    expect(changes(other + pod, text)).toEqual([
      '-      securityContext: {privileged: true} # sic',
      '+      securityContext: {privileged: false} # sic',
      '+    securityContext:',
      '+      runAsUser: 1000',
      '+      seccompProfile:',
      '+        type: RuntimeDefault',
    ]);
  });

  it('keeps Windows line ends, and a file that does not end with a line end', async () => {
    const windows = 'kind: Pod\r\nspec:\r\n  a: 1';
    expect((await fixed(windows, ['spec.b.c', 'x'])).text).toBe(`${windows}\r\n  b:\r\n    c: x`);
  });

  it('works in JSON, on lines of their own where the others are', async () => {
    const json = '{\n  "kind": "Pod",\n  "spec": {\n    "hostPID": true\n  },\n  "empty": {}\n}\n';
    const { text } = await fixed(json, ['spec.hostPID', 'false'], ['spec.a.b', 'x'], ['empty.c', '1']);
    expect(text).toBe(
      '{\n  "kind": "Pod",\n  "spec": {\n    "hostPID": false,\n    "a": {"b": "x"}\n  },\n  "empty": {"c": 1}\n}\n',
    );
  });

  it('puts items into lists of blocks', async () => {
    const text = 'spec:\n  drop:\n  - A # first\n  - B\n  z: 1\n';
    expect((await fixed(text, ['spec.drop[2]', 'C'])).text).toBe(
      'spec:\n  drop:\n  - A # first\n  - B\n  - C\n  z: 1\n',
    );
    const nested = 'items:\n- - a: 1\n  - a: 2\n';
    expect((await fixed(nested, ['items[0][1].b', 'x'])).text).toBe('items:\n- - a: 1\n  - a: 2\n    b: x\n');
  });
});

describe('what is not done', () => {
  it.each([
    ['a value that only the owner knows', 'spec.cpu', 'YOUR_VALUE', /only you know/],
    ['a member of a list that would leave a gap', 'spec.containers[7].image', 'x', /something else|no place/],
    ['a mapping that would become a value', 'spec.containers', 'x', /something else/],
    ['a value that would become a mapping', 'spec.hostPID.deeper', 'x', /something else/],
    ['a document that is not there', 'spec.x', 'x', /no longer/],
  ])('%s', async (what, path, value, reason) => {
    const { text, applied, refused } = await fixed(pod, [path, value, what.includes('document') ? 5 : 0]);
    expect({ text, applied }).toEqual({ text: pod, applied: [] });
    expect(refused[0]?.reason).toMatch(reason);
  });

  it('a change through an alias, an anchor or a merge, which would change other fields', async () => {
    const text = 'base: &b\n  user: 1\na:\n  c: *b\nm:\n  <<: *b\n';
    for (const path of ['a.c.user', 'base.user', 'm.user.x']) {
      const { text: after, refused } = await fixed(text, [path, '2']);
      expect([after, refused.length]).toEqual([text, 1]);
    }
    expect((await fixed(text, ['m.user', '2'])).text).toBe(`${text}  user: 2\n`);
  });

  it('the second of two fixes that contradict each other; the rest is done', async () => {
    const { text, applied, refused } = await fixed(
      pod,
      ['spec.a', '1'],
      ['spec.a', '2'],
      ['spec.containers', 'x'],
      ['spec.b', '3'],
    );
    expect(applied.map(({ path }) => path)).toEqual(['spec.a', 'spec.b']);
    expect(refused.map(({ reason }) => reason)).toEqual([
      expect.stringContaining('another control'),
      expect.any(String),
    ]);
    expect(changes(pod, text)).toEqual(['+    a: 1', '+    b: 3']);
  });

  it('a change of the text of several lines that ends a file', async () => {
    const text = 'data:\n  a: |\n    text';
    const { text: after, refused } = await fixed(text, ['data.b', 'x']);
    expect([after, refused.length]).toEqual([text, 1]);
  });
});

const key = fc.constantFrom('spec', 'name', 'securityContext', 'a.b/c', 'yes', '7', 'list', 'limits');
const leaf = fc.oneof(
  fc.boolean(),
  fc.integer({ min: -9, max: 99_999 }),
  fc.constantFrom('', 'x', 'a: b', '# no comment', 'true', '12', '- x', 'two\nlines\n', 'ends with blank ', null),
);
const { tree: document } = fc.letrec((tie) => ({
  tree: fc.dictionary(key, tie('any'), { maxKeys: 4 }),
  any: fc.oneof({ depthSize: 'small' }, leaf, tie('tree'), fc.array(tie('any'), { maxLength: 3 })),
}));
const part = fc.oneof(
  key.filter((name) => !name.includes('.')),
  fc.constantFrom('[0]', '[1]', '[2]'),
);
const written = fc.array(part, { minLength: 1, maxLength: 5 }).map((parts) => parts.join('.').replaceAll('.[', '['));
const value = fc.constantFrom('true', '1000', 'RuntimeDefault', 'a: b', '', 'no', '1e3');

const styles = [
  (object: unknown) => stringify(object),
  (object: unknown) => stringify(object, { indent: 4, indentSeq: false }),
  (object: unknown) => stringify(object, { collectionStyle: 'flow' }),
  (object: unknown) => `${JSON.stringify(object, undefined, 2)}\n`,
  (object: unknown) => stringify(object).replaceAll('\n', '\r\n'),
  // Comments where one line is one field.
  (object: unknown) => stringify(object).replaceAll(/^( *)([\w-]+: \w+)$/gm, '$1# above\n$1$2 # behind'),
];

describe('any fix of any document', () => {
  it('sets the field and changes nothing else, or changes nothing at all', async () => {
    let made = 0;
    await fc.assert(
      fc.asyncProperty(
        document,
        fc.array(fc.tuple(written, value), { minLength: 1, maxLength: 4 }),
        fc.nat(styles.length - 1),
        async (object, fixes, style) => {
          const before = styles[style]?.(object) ?? '';
          const read = parseDocument(before);
          fc.pre(read.outcome === 'parsed' && read.values.length === 1);
          const { text, applied, refused } = await fixed(before, ...fixes);
          made += applied.length;
          expect(applied.length + refused.length).toBe(fixes.length);
          expect(text === before || applied.length > 0).toBe(true);
          const fields = applied.map(({ path, value: wanted }) => {
            const parts = [...path.matchAll(/[^.[\]]+/g)].map(String);
            return { path: parts, value: valueFor(wanted, parts) };
          });
          const values = read.outcome === 'parsed' ? read.values : [];
          expect(parseDocument(text)).toEqual({ outcome: 'parsed', values: [withFields(values[0], fields)] });
          // Comments are still there, and lines go only where a value did.
          expect(text.match(/# (?:above|behind)/g)?.length).toBe(before.match(/# (?:above|behind)/g)?.length);
          const gone = changes(before, text).filter((line) => line.startsWith('-'));
          expect(gone.length).toBeLessThanOrEqual(applied.length);
        },
      ),
      { numRuns: 2_000 },
    );
    expect(made).toBeGreaterThan(500);
  });
});
