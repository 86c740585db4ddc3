import { stripVTControlCharacters } from 'node:util';
import * as fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { displayWidth, splitAtWidth, wrap } from './display-width.ts';
import { renderGrid } from './grid.ts';
import { plainText } from './plain-text.ts';
import { terminalOf } from './terminal.ts';

describe('text of strangers', () => {
  it.each([
    ['web', 'web'],
    ['a\u001b[2Jb', 'ab'],
    ['a\u001b]0;title\u0007b', 'ab'],
    ['one\r\ntwo\tthree', 'one two three'],
    ['x\u202egnp.exe', 'xgnp.exe'],
    ['\u009b31mred', 'red'],
    ['naïve 名前 🚀', 'naïve 名前 🚀'],
    ['\ud800', '\ufffd'],
  ])('%j prints as %j', (text, plain) => {
    expect(plainText(text)).toBe(plain);
  });

  test('never carries a control character', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(plainText(text)).not.toMatch(/[\p{Cc}\u2028\u202e]/u);
      }),
    );
  });
});

describe('width', () => {
  it.each([
    ['abc', 3],
    ['é', 1],
    ['e\u0301', 1],
    ['名前', 4],
    ['🚀', 2],
    ['👩‍💻', 2],
    ['한글', 4],
    ['–…', 2],
  ])('%s takes %d columns', (text, width) => {
    expect(displayWidth(text)).toBe(width);
  });

  test('wrapping keeps every character and no line is too wide', () => {
    const word = fc.oneof(fc.stringMatching(/^[a-z]{1,30}$/), fc.constantFrom('名前名前名前', '🚀🚀'));
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 8 }), fc.integer({ min: 8, max: 40 }), (words, width) => {
        const lines = wrap(words.join(' '), width);
        expect(lines.join('').replaceAll(' ', '')).toBe(words.join(''));
        expect(Math.max(...lines.map(displayWidth))).toBeLessThanOrEqual(width);
      }),
    );
  });

  test('one character is always taken', () => {
    expect(splitAtWidth('名前', 1)).toEqual(['名', '前']);
  });
});

describe('grid', () => {
  const columns = [
    { title: 'NAME', shrink: 1 },
    { title: 'N', align: 'right' as const },
    { title: 'TEXT', shrink: 2 },
  ];

  test('without a terminal a row is a line', () => {
    const text = 'word '.repeat(80).trim();
    const lines = renderGrid(columns, [['a', '1', text]], { color: false });
    expect(lines).toEqual(['NAME  N  TEXT', `a     1  ${text}`]);
  });

  test('in a terminal nothing is wider than it and nothing is lost', () => {
    const text = 'alpha beta gamma delta epsilon zeta eta theta iota kappa lambda';
    const lines = renderGrid(columns, [['some-name', '12', text]], { color: false, width: 60 });
    expect(Math.max(...lines.map(displayWidth))).toBeLessThanOrEqual(60);
    expect(lines.join(' ')).toContain('lambda');
    expect(lines.length).toBeGreaterThan(2);
  });

  const wide = [
    { title: 'NAMESPACE', shrink: 1 },
    { title: 'FAILED CONTROLS', shrink: 1 },
    { title: 'HIGH', align: 'right' as const },
    { title: 'FILE', shrink: 1 },
  ];
  const row = ['shop', 'C-0016 C-0057 C-0013 C-0017 C-0018', '–', 'some/folder/with/shop.yaml:64'];

  test('words of a head are not broken', () => {
    const [head = '', ...rest] = renderGrid(wide, [row], { color: false, width: 60 });
    expect(head).toMatch(/^NAMESPACE {2}FAILED CONTROLS .*HIGH {2}FILE$/);
    expect(Math.max(...[head, ...rest].map(displayWidth))).toBeLessThanOrEqual(60);
  });

  test('columns that a narrow terminal has no room for are stacked', () => {
    expect(renderGrid(wide, [row, ['a', 'C-0016', '1', '']], { color: false, width: 40 })).toEqual([
      'NAMESPACE        shop',
      'FAILED CONTROLS  C-0016 C-0057 C-0013',
      '                 C-0017 C-0018',
      'FILE             some/folder/with/shop.y',
      '                 aml:64',
      '',
      'NAMESPACE        a',
      'FAILED CONTROLS  C-0016',
      'HIGH             1',
    ]);
  });

  test('padding counts columns of the terminal', () => {
    const lines = renderGrid(columns, [['名前', '1', 'y']], { color: false });
    expect(lines).toEqual(['NAME  N  TEXT', '名前  1  y']);
  });

  test('colour does not shift columns', () => {
    const rows = [[{ text: 'x', style: 'High' as const }, '1', 'y']];
    const painted = renderGrid(columns, rows, { color: true, width: 80 });
    expect(painted.map((line) => stripVTControlCharacters(line))).toEqual(
      renderGrid(columns, rows, { color: false, width: 80 }),
    );
    expect(painted[1]).toContain('\u001b[31m');
  });
});

describe('terminal', () => {
  it.each([
    [{ isTTY: true, columns: 120 }, {}, { color: true, width: 120 }],
    [{ isTTY: true, columns: 120 }, { NO_COLOR: '1' }, { color: false, width: 120 }],
    [{ isTTY: true, columns: 120 }, { NO_COLOR: '' }, { color: true, width: 120 }],
    [{ isTTY: true, columns: 10 }, { TERM: 'dumb' }, { color: false, width: 20 }],
    [{ isTTY: true, columns: 40 }, { TERM: 'dumb' }, { color: false, width: 40 }],
    [{}, {}, { color: false }],
  ])('%j with %j', (stream, env, terminal) => {
    expect(terminalOf(stream, env)).toEqual(terminal);
  });
});
