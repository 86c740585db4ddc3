import { contains, isWordCode, SyntaxProblem } from './character-set.ts';
import { type Instruction, programOf } from './program.ts';
import { type Assertion, parsePattern } from './syntax.ts';

/** A regular expression that somebody else wrote. */
export interface Expression {
  readonly text: string;
  /** True if it matches the whole text. Takes time in proportion to the length of the text, whatever the expression is. */
  matches(text: string): boolean;
}

export type ExpressionResult =
  | { readonly ok: true; readonly expression: Expression }
  /** `problem`: what is wrong with it, for people. */
  | { readonly ok: false; readonly problem: string };

const maxPattern = 1000;
/** Longer texts match nothing: names, ids and paths of Kubernetes are far shorter. */
const maxText = 4096;
const meta = /[\\^$.|?*+()[\]{}]/;

/**
 * Compiles an untrusted regular expression in the syntax of RE2 (Go's, which upstream's policies are written in), to be matched
 * against whole texts. JavaScript's own expressions backtrack: one `(a+)+$` in an exception would stop the scanner.
 */
export function compileExpression(text: string, { ignoreCase = false } = {}): ExpressionResult {
  if (text.length > maxPattern) return { ok: false, problem: `it is longer than ${maxPattern} characters` };
  if (!meta.test(text)) return { ok: true, expression: literal(text, ignoreCase) };
  try {
    const program = programOf(parsePattern(text, ignoreCase));
    return { ok: true, expression: { text, matches: (subject) => run(program, subject) } };
  } catch (error) {
    if (!(error instanceof SyntaxProblem)) throw error;
    return { ok: false, problem: error.message };
  }
}

function literal(text: string, ignoreCase: boolean): Expression {
  if (!ignoreCase) return { text, matches: (subject) => subject === text };
  const folded = text.toLowerCase();
  return { text, matches: (subject) => subject.toLowerCase() === folded };
}

/** Follows all ways through the program at once, so that no character is looked at twice (Thompson). */
function run(program: readonly Instruction[], subject: string): boolean {
  if (subject.length > maxText) return false;
  const codes = Array.from(subject, (character) => character.codePointAt(0) ?? 0);
  let threads = reachable(program, [0], codes, 0);
  for (let position = 0; position < codes.length && threads.length > 0; position++) {
    const code = codes[position] ?? 0;
    const next = threads.filter((at) => {
      const instruction = program[at];
      return instruction?.type === 'set' && contains(instruction.set, code);
    });
    threads = reachable(
      program,
      next.map((at) => at + 1),
      codes,
      position + 1,
    );
  }
  return threads.some((at) => program[at]?.type === 'match');
}

/** Where the program stands after everything that reads no character; each place once. */
function reachable(
  program: readonly Instruction[],
  from: readonly number[],
  codes: readonly number[],
  position: number,
): number[] {
  const seen = new Set<number>();
  const found: number[] = [];
  const open = [...from];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    if (seen.has(at)) continue;
    seen.add(at);
    const instruction = program[at];
    if (instruction === undefined) continue;
    if (instruction.type === 'fork') open.push(instruction.first, instruction.second);
    else if (instruction.type === 'jump') open.push(instruction.to);
    else if (instruction.type !== 'assertion') found.push(at);
    else if (holds(instruction.at, codes, position)) open.push(at + 1);
  }
  return found;
}

function holds(assertion: Assertion, codes: readonly number[], position: number): boolean {
  if (assertion === 'start') return position === 0;
  if (assertion === 'end') return position === codes.length;
  const isBoundary = isWordCode(codes[position - 1]) !== isWordCode(codes[position]);
  return (assertion === 'word') === isBoundary;
}
