import { compileExpression } from '../expression/index.ts';

/** What a field of an exception asks of a text. */
export interface TextMatcher {
  /** As written. */
  readonly text: string;
  readonly isAny: boolean;
  matches(value: string): boolean;
}

export type TextMatcherResult =
  | { readonly ok: true; readonly matcher: TextMatcher }
  | { readonly ok: false; readonly problem: string };

/** Not `.+`: a value may be empty, as the namespace of a cluster-scoped object is. */
const any = new Set(['*', '.*', '^.*$']);
/** Names repeat from object to object; the answers for so many of them are kept. */
const maxRemembered = 2000;

/**
 * A regular expression over the whole text, as designators and posture entries hold it; plain text is its own expression. `*` means
 * anything, which people write although it is none (scanner.md 12.2).
 */
export function expressionMatcher(text: string, { ignoreCase = false } = {}): TextMatcherResult {
  if (any.has(text)) return { ok: true, matcher: anyText(text) };
  const compiled = compileExpression(text, { ignoreCase });
  if (!compiled.ok) return { ok: false, problem: `"${shortened(text)}" is no regular expression: ${compiled.problem}` };
  const { expression } = compiled;
  const equal = ignoreCase ? text.toLowerCase() : text;
  const remembered = new Map<string, boolean>();
  return {
    ok: true,
    matcher: {
      text,
      isAny: false,
      matches: (value) => {
        // Names may hold characters that mean something in an expression.
        if ((ignoreCase ? value.toLowerCase() : value) === equal) return true;
        let known = remembered.get(value);
        if (known === undefined) {
          if (remembered.size >= maxRemembered) remembered.clear();
          remembered.set(value, (known = expression.matches(value)));
        }
        return known;
      },
    },
  };
}

/** Text that must be equal. */
export function exactMatcher(text: string, { ignoreCase = false } = {}): TextMatcher {
  const wanted = ignoreCase ? text.toLowerCase() : text;
  return {
    text,
    isAny: false,
    matches: (value) => (ignoreCase ? value.toLowerCase() : value) === wanted,
  };
}

function anyText(text: string): TextMatcher {
  return { text, isAny: true, matches: () => true };
}

/** What other people wrote, short enough for a line. */
export function shortened(text: string): string {
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}
