/** One step of a pattern: how far a name has to fit. */
type Step =
  | { readonly type: 'char'; readonly fits: (char: string) => boolean }
  /** `*`: anything within a name. */
  | { readonly type: 'star' }
  /** `**` and its slash: any number of folders. */
  | { readonly type: 'folders' }
  /** `**` at the end: everything below. */
  | { readonly type: 'rest' };

/** Tells whether a path, with `/` between its parts, fits as a whole. */
export type Glob = (path: string) => boolean;

/**
 * A pattern as in a `.gitignore`. All ways in which it could fit are followed at once, so that the time is that of pattern times
 * path, whatever the pattern: an ignore file comes with the folder, from a stranger. Undefined for one that git takes for none.
 */
export function parseGlob(pattern: string, isAnchored: boolean): Glob | undefined {
  const steps: Step[] = isAnchored ? [] : [{ type: 'folders' }];
  for (let at = 0; at < pattern.length; ) {
    const next = stepAt(pattern, at);
    if (next === undefined) return undefined;
    steps.push(next.step);
    at = next.end;
  }
  return (path) => run(steps, path);
}

interface ParsedStep {
  readonly step: Step;
  readonly end: number;
}

function stepAt(pattern: string, at: number): ParsedStep | undefined {
  const char = pattern.charAt(at);
  const isAtName = at === 0 || pattern[at - 1] === '/';
  if (isAtName && pattern.startsWith('**/', at)) return { step: { type: 'folders' }, end: at + 3 };
  if (isAtName && at > 0 && pattern.slice(at) === '**') return { step: { type: 'rest' }, end: pattern.length };
  if (char === '*') return { step: { type: 'star' }, end: at + 1 };
  if (char === '?') return { step: { type: 'char', fits: (found) => found !== '/' }, end: at + 1 };
  if (char === '[') return classAt(pattern, at);
  const isEscaped = char === '\\' && at + 1 < pattern.length;
  const literal = isEscaped ? pattern.charAt(at + 1) : char;
  return { step: { type: 'char', fits: (found) => found === literal }, end: at + (isEscaped ? 2 : 1) };
}

/** `[a-z]`, `[!a-z]`, `[^a-z]`; a bracket that is never closed is a letter. */
function classAt(pattern: string, at: number): ParsedStep | undefined {
  const [whole, negation, members] = /^\[([!^]?)(\]?[^\]/]*)\]/.exec(pattern.slice(at, at + 1000)) ?? [];
  if (whole === undefined || members === undefined || members === '')
    return { step: { type: 'char', fits: (found) => found === '[' }, end: at + 1 };
  const ranges: [string, string][] = [];
  for (const [, from = '', to = from] of members.matchAll(/([\s\S])(?:-([^\]]))?/gu)) {
    if (from > to) return undefined;
    ranges.push([from, to]);
  }
  const isNegated = negation !== '';
  const fits = (found: string) =>
    found !== '/' && ranges.some(([from, to]) => found >= from && found <= to) !== isNegated;
  return { step: { type: 'char', fits }, end: at + whole.length };
}

function run(steps: readonly Step[], path: string): boolean {
  let states = new Set<number>();
  enter(steps, 0, true, states);
  for (const char of path) {
    const next = new Set<number>();
    for (const state of states) {
      const step = steps[state];
      if (step === undefined) continue;
      if (step.type === 'char') {
        if (step.fits(char)) enter(steps, state + 1, char === '/', next);
      } else if (step.type !== 'star' || char !== '/') {
        enter(steps, state, char === '/', next);
      }
    }
    if (next.size === 0) return false;
    states = next;
  }
  return states.has(steps.length);
}

/** Adds a state, and those that are reached from it without a letter. */
function enter(steps: readonly Step[], from: number, isAtName: boolean, states: Set<number>): void {
  for (let state = from; !states.has(state); state += 1) {
    states.add(state);
    const step = steps[state];
    const isOptional = step?.type === 'star' || step?.type === 'rest' || (step?.type === 'folders' && isAtName);
    if (!isOptional) return;
  }
}
