import { type CharacterSet, SyntaxProblem } from './character-set.ts';
import type { Assertion, Node } from './syntax.ts';

/** One step of the automaton; numbers are positions in the program. */
export type Instruction =
  | { readonly type: 'set'; readonly set: CharacterSet }
  | { readonly type: 'assertion'; readonly at: Assertion }
  | { type: 'fork'; first: number; second: number }
  | { type: 'jump'; to: number }
  | { readonly type: 'match' };

/** Bounds the work for each character of a text: repetitions are written out, so `(a{1000}){1000}` would be a million. */
const maxInstructions = 5000;

export function programOf(node: Node): readonly Instruction[] {
  const program: Instruction[] = [];
  emit(node, program);
  push({ type: 'match' }, program);
  return program;
}

function emit(node: Node, program: Instruction[]): void {
  switch (node.type) {
    case 'set':
    case 'assertion':
      push(node, program);
      return;
    case 'sequence':
      for (const item of node.items) emit(item, program);
      return;
    case 'choice':
      emitChoice(node.options, program);
      return;
    case 'repeat':
      emitRepeat(node, program);
      return;
    default:
      node satisfies never;
  }
}

function emitChoice(options: readonly Node[], program: Instruction[]): void {
  const jumps: { type: 'jump'; to: number }[] = [];
  for (const [index, option] of options.entries()) {
    if (index === options.length - 1) {
      emit(option, program);
      break;
    }
    const fork = push({ type: 'fork', first: program.length + 1, second: 0 }, program);
    emit(option, program);
    jumps.push(push({ type: 'jump', to: 0 }, program));
    fork.second = program.length;
  }
  for (const jump of jumps) jump.to = program.length;
}

function emitRepeat({ item, min, max }: Extract<Node, { type: 'repeat' }>, program: Instruction[]): void {
  for (let count = 0; count < min; count++) emit(item, program);
  if (max === Number.POSITIVE_INFINITY) {
    const start = program.length;
    const fork = push({ type: 'fork', first: start + 1, second: 0 }, program);
    emit(item, program);
    push({ type: 'jump', to: start }, program);
    fork.second = program.length;
    return;
  }
  const forks = Array.from({ length: max - min }, () => {
    const fork = push({ type: 'fork', first: program.length + 1, second: 0 }, program);
    emit(item, program);
    return fork;
  });
  for (const fork of forks) fork.second = program.length;
}

function push<T extends Instruction>(instruction: T, program: Instruction[]): T {
  if (program.length >= maxInstructions) throw new SyntaxProblem('it is too large');
  program.push(instruction);
  return instruction;
}
