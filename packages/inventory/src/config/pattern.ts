import { compileExpression } from '@kso/domain';

/** Decides on names of namespaces, labels and annotations. */
export type Matcher = (text: string) => boolean;
export type PatternResult =
  | { readonly ok: true; readonly matches: Matcher }
  | { readonly ok: false; readonly problem: string };

const exactName = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;

/** An entry of `namespace-selectors.exclude`: the exact name of a namespace if it can be one, else an unanchored expression. */
export function excludePattern(text: string): PatternResult {
  return exactName.test(text) ? { ok: true, matches: (name) => name === text } : unanchored(text);
}

/** A regular expression (RE2) that may match anywhere in the text. */
export function unanchored(text: string): PatternResult {
  // By itself first: brackets that are wrong could become right between ours.
  const own = compileExpression(text);
  const anywhere = own.ok ? compileExpression(`.*(?:${text}).*`) : own;
  if (!anywhere.ok) return { ok: false, problem: anywhere.problem };
  return { ok: true, matches: (subject) => anywhere.expression.matches(subject) };
}
