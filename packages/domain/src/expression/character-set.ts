/** Code points, as ranges with both ends included. */
export interface CharacterSet {
  readonly ranges: readonly Range[];
  readonly isNegated: boolean;
  readonly ignoreCase: boolean;
}

type Range = readonly [number, number];

/** A set with the number of characters that it was read from. */
export interface ReadSet {
  readonly set: CharacterSet;
  readonly length: number;
}

/** Why a text is no pattern. Only thrown and caught inside this folder. */
export class SyntaxProblem extends Error {}

const lastCodePoint = 0x10ffff;
const newline = 10;

export const anyCharacter: CharacterSet = setOf([[0, lastCodePoint]]);
export const anyInLine: CharacterSet = { ...setOf([[newline, newline]]), isNegated: true };

const digits: readonly Range[] = [[48, 57]];
const upper: Range = [65, 90];
const lower: Range = [97, 122];
const words: readonly Range[] = [...digits, upper, [95, 95], lower];
const spaces: readonly Range[] = [
  [9, 10],
  [12, 13],
  [32, 32],
];

/** `\d` and the like: of ASCII only, as in Go. */
const shorthands: Readonly<Record<string, readonly Range[]>> = { d: digits, w: words, s: spaces };

const named: Readonly<Record<string, readonly Range[]>> = {
  alnum: [...digits, upper, lower],
  alpha: [upper, lower],
  ascii: [[0, 127]],
  blank: [
    [9, 9],
    [32, 32],
  ],
  digit: digits,
  lower: [lower],
  punct: [
    [33, 47],
    [58, 64],
    [91, 96],
    [123, 126],
  ],
  space: [
    [9, 13],
    [32, 32],
  ],
  upper: [upper],
  word: words,
  xdigit: [...digits, [65, 70], [97, 102]],
};

const controls: Readonly<Record<string, number>> = { a: 7, f: 12, n: 10, r: 13, t: 9, v: 11 };

export function literalSet(character: string, ignoreCase: boolean): CharacterSet {
  const code = codeOf(character);
  return setOf([[code, code]], ignoreCase);
}

export function contains({ ranges, isNegated, ignoreCase }: CharacterSet, code: number): boolean {
  const found = inRanges(ranges, code) || (ignoreCase && otherCases(code).some((other) => inRanges(ranges, other)));
  return found !== isNegated;
}

/** A word character in the sense of `\b`. */
export function isWordCode(code: number | undefined): boolean {
  return code !== undefined && inRanges(words, code);
}

/** Reads a class whose opening bracket stands before `start`. */
export function parseClass(text: readonly string[], start: number, ignoreCase: boolean): ReadSet {
  let position = start;
  const isNegated = text[position] === '^';
  if (isNegated) position++;
  const ranges: Range[] = [];
  for (let isFirst = true; isFirst || text[position] !== ']'; isFirst = false) {
    const part = classPart(text, position);
    position += part.length;
    ranges.push(...part.ranges);
  }
  return { set: { ranges, isNegated, ignoreCase }, length: position + 1 - start };
}

/** Reads an escape whose backslash stands before `start`, outside of a class. */
export function parseEscape(text: readonly string[], start: number, ignoreCase: boolean): ReadSet {
  const { ranges, length } = escape(text, start);
  return { set: setOf(ranges, ignoreCase), length };
}

interface Part {
  readonly ranges: readonly Range[];
  readonly length: number;
}

/** One item of a class: a name, an escape, a range or a character. */
function classPart(text: readonly string[], position: number): Part {
  if (text[position] === '[' && text[position + 1] === ':') return namedPart(text, position);
  const from = classEnd(text, position);
  const isRange = text[position + from.length] === '-' && (text[position + from.length + 1] ?? ']') !== ']';
  if (!isRange) return from;
  const to = classEnd(text, position + from.length + 1);
  const [low, high] = [singleCode(from), singleCode(to)];
  if (low === undefined || high === undefined || low > high) throw new SyntaxProblem('a range of a class is wrong');
  return { ranges: [[low, high]], length: from.length + 1 + to.length };
}

function classEnd(text: readonly string[], position: number): Part {
  const character = text[position];
  if (character === undefined) throw new SyntaxProblem('a bracket is not closed');
  if (character !== '\\') return { ranges: [[codeOf(character), codeOf(character)]], length: 1 };
  const { ranges, length } = escape(text, position + 1);
  return { ranges, length: length + 1 };
}

function singleCode({ ranges: [range, ...more] }: Part): number | undefined {
  return range !== undefined && more.length === 0 && range[0] === range[1] ? range[0] : undefined;
}

function namedPart(text: readonly string[], position: number): Part {
  const written = text.slice(position, position + 12).join('');
  const [whole, negation, name = ''] = /^\[:(\^?)([a-z]+):\]/.exec(written) ?? [];
  const ranges = Object.hasOwn(named, name) ? named[name] : undefined;
  if (whole === undefined || ranges === undefined) throw new SyntaxProblem('a class has no name that is known');
  return { ranges: negation === '^' ? complement(ranges) : ranges, length: whole.length };
}

function escape(text: readonly string[], position: number): Part {
  const character = text[position];
  if (character === undefined) throw new SyntaxProblem('it ends after a backslash');
  const shorthand = shorthands[character.toLowerCase()];
  if (shorthand !== undefined && Object.hasOwn(shorthands, character.toLowerCase()))
    return { ranges: character === character.toLowerCase() ? shorthand : complement(shorthand), length: 1 };
  const control = Object.hasOwn(controls, character) ? controls[character] : undefined;
  if (control !== undefined) return { ranges: [[control, control]], length: 1 };
  if (character === 'x') return hexadecimal(text, position);
  if (/[A-Za-z0-9]/.test(character)) throw new SyntaxProblem(`\\${character} is not supported`);
  return { ranges: [[codeOf(character), codeOf(character)]], length: 1 };
}

function hexadecimal(text: readonly string[], position: number): Part {
  const written = text.slice(position + 1, position + 9).join('');
  const [whole, short, long] = /^(?:([0-9A-Fa-f]{2})|\{([0-9A-Fa-f]{1,6})\})/.exec(written) ?? [];
  const code = Number.parseInt(short ?? long ?? '', 16);
  if (whole === undefined || !(code <= lastCodePoint)) throw new SyntaxProblem('\\x is not followed by a code');
  return { ranges: [[code, code]], length: 1 + whole.length };
}

function complement(ranges: readonly Range[]): Range[] {
  const gaps: Range[] = [];
  let next = 0;
  for (const [from, to] of [...ranges].sort(([a], [b]) => a - b)) {
    if (from > next) gaps.push([next, from - 1]);
    next = to + 1;
  }
  gaps.push([next, lastCodePoint]);
  return gaps;
}

function setOf(ranges: readonly Range[], ignoreCase = false): CharacterSet {
  return { ranges, isNegated: false, ignoreCase };
}

function inRanges(ranges: readonly Range[], code: number): boolean {
  for (const [from, to] of ranges) if (code >= from && code <= to) return true;
  return false;
}

function otherCases(code: number): number[] {
  const character = String.fromCodePoint(code);
  return [codeOf(character.toLowerCase()), codeOf(character.toUpperCase())];
}

function codeOf(character: string): number {
  return character.codePointAt(0) ?? 0;
}
