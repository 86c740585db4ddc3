import { describe, expect, it } from 'vitest';
import { parseDocument } from './parse-document.ts';

/** What sigs.k8s.io/yaml 1.6.0 (kubectl 1.35) makes of each text; `undefined` where it refuses. Taken from its `YAMLToJSON`. */
const answers: readonly (readonly [string, unknown])[] = [
  ...['yes', 'Yes', 'YES', 'on', 'On', 'y', 'Y', 'true', 'True', 'TRUE'].map((text) => [`a: ${text}`, true] as const),
  ...['no', 'off', 'OFF', 'n', 'N', 'false'].map((text) => [`a: ${text}`, false] as const),
  ...['yEs', 'tRue', 'oN'].map((text) => [`a: ${text}`, text] as const),
  ['a: "yes"', 'yes'],
  ['a: !!str yes', 'yes'],
  ['a: !!bool yes', true],
  ['a: ~', null],
  ['a: Null', null],
  ['a: ', null],
  ['a: 0777', 511],
  ['a: +0777', 511],
  ['a: -0777', -511],
  ['a: 0o777', 511],
  ['a: 0o8', '0o8'],
  ['a: 0x1F', 31],
  ['a: -0x1F', -31],
  ['a: 0x', '0x'],
  ['a: 0xZZ', '0xZZ'],
  ['a: 0b11', 3],
  ['a: -0b11', -3],
  ['a: 0b12', '0b12'],
  ['a: 0888', 888],
  ['a: 08', 8],
  ['a: 00', 0],
  ['a: -0', 0],
  ['a: 0_7', 7],
  ['a: 07_7', 63],
  ['a: 1_000', 1000],
  ['a: 1__0', 10],
  ['a: _1', '_1'],
  ['a: +1', 1],
  ['a: 12345678901234567890', Number('12345678901234567890')],
  ['a: 1e3', 1000],
  ['a: 1E5', 100000],
  ['a: 12e03', 12000],
  ['a: 1.5e3', 1500],
  ['a: .5', 0.5],
  ['a: -.5', -0.5],
  ['a: 5.', 5],
  ['a: 1.e5', 100000],
  ['a: .1e5', 10000],
  ['a: 685_230.15', 685230.15],
  ['a: e5', 'e5'],
  ['a: 1e400', '1e400'],
  ['a: .inf', undefined],
  ['a: .nan', undefined],
  ['a: 1:30', '1:30'],
  ['a: 190:20:30', '190:20:30'],
  ['a: 1,000', '1,000'],
  ['a: 2001-01-01', '2001-01-01'],
  ['a: 2001-01-01T00:00:00Z', '2001-01-01T00:00:00Z'],
  ['a: !!timestamp 2001-01-01', '2001-01-01'],
  ['a: !!binary aGVsbG8=', 'hello'],
  ['a: !!int "1"', 1],
  ['a: !!float 1', 1],
  ['a: !custom x', 'x'],
  ['a: =', '='],
  ['a: "\\x41"', 'A'],
  ["a: 'it''s'", "it's"],
  ['a: x #c', 'x'],
  ['a: [1,]', [1]],
  ['a: *x', undefined],
  ['a: @x', undefined],
  ['a: `x`', undefined],
  ['a: b: c', undefined],
  ['a: "\u0001"', undefined],
  ["a: 'x' y", undefined],
];

const documents: readonly (readonly [string, unknown])[] = [
  ['1: x', { '1': 'x' }],
  ['1.5: x', { '1.5': 'x' }],
  ['on: [push]', { true: ['push'] }],
  ['null: x', undefined],
  ['[1, 2]: x', undefined],
  ['? {a: 1}\n: x', undefined],
  ['\tb: 1', undefined],
  ['<<: {x: 1}\na: 2', { x: 1, a: 2 }],
  ['b: &b {x: 1, z: 1}\na: {<<: *b, x: 2}', { b: { x: 1, z: 1 }, a: { x: 2, z: 1 } }],
  ['b: &b {x: 1}\nc: &c {x: 2, z: 3}\na: {<<: [*b, *c]}', { b: { x: 1 }, c: { x: 2, z: 3 }, a: { x: 1, z: 3 } }],
  ['a: &x 1\nb: *x', { a: 1, b: 1 }],
  ['a: 1\r\nb: 2\r\n', { a: 1, b: 2 }],
  ['{\t"a":\t1,\n\t"b": "\\/\\ud83d\\ude00"}', { a: 1, b: '/😀' }],
  ['a: !Ref [x, {b: 1}]', { a: ['x', { b: 1 }] }],
];

const parse = (text: string) => {
  const parsed = parseDocument(text);
  return parsed.outcome === 'parsed' ? parsed.values[0] : undefined;
};

describe('YAML as kubectl reads it', () => {
  it.each(answers)('%j', (text, expected) => {
    expect(parse(text)).toEqual(expected === undefined ? undefined : { a: expected });
  });

  it.each(documents)('%j', (text, expected) => {
    expect(parse(text)).toEqual(expected);
  });

  it('takes a key that stands twice for an error, unlike kubectl, and says where', () => {
    expect(parseDocument('a: 1\nb: 2\na: 3\n')).toMatchObject({ outcome: 'malformed', line: 3 });
    expect(parseDocument('{"a": 1,\n "a": 2}')).toMatchObject({ outcome: 'malformed', line: 2 });
  });

  it('keeps a key named __proto__ a key', () => {
    const value = parse('__proto__: {polluted: true}');
    expect(Object.keys(value as object)).toEqual(['__proto__']);
    expect((value as { polluted?: unknown }).polluted).toBeUndefined();
  });

  it('refuses aliases that multiply, and nesting without end', () => {
    const levels = Array.from({ length: 12 }, (_, index) =>
      index === 0
        ? 'a0: &a0 [x, x, x, x, x, x, x, x, x, x]'
        : `a${index}: &a${index} [${`*a${index - 1}, `.repeat(10)}]`,
    );
    expect(parseDocument(levels.join('\n'))).toMatchObject({ outcome: 'malformed' });
    expect(parseDocument('['.repeat(5_000))).toMatchObject({ outcome: 'malformed' });
    expect(parseDocument(levels.slice(0, 3).join('\n'))).toMatchObject({ outcome: 'parsed' });
  });

  it('never quotes the text around an error', () => {
    const parsed = parseDocument('password: hunter2\n  broken: [');
    expect(JSON.stringify(parsed)).not.toContain('hunter2');
  });
});
