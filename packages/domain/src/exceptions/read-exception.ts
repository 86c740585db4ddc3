import type { ExceptionScope, PostureEntry, PostureException } from './posture-exception.ts';

export interface ReadException {
  readonly id: string;
  /** Undefined when it is wrong, or when it is about other things than posture. */
  readonly exception?: PostureException;
  readonly problems: readonly string[];
}

/** The same for exceptions that cover the same, however they are called. */
export function coverageOf(entries: readonly PostureEntry[], scopes: readonly ExceptionScope[]): string {
  return JSON.stringify([
    entries.map(({ framework, controlId, controlName, ruleName }) =>
      [framework, controlId, controlName, ruleName].map((matcher) => matcher?.text.toLowerCase() ?? ''),
    ),
    scopes.map(({ document: _document, ...scope }) => scope),
  ]);
}
