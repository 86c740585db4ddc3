import { exceptionSources } from '@kso/wire';
import type { ExceptionProblem, PostureEntry, PostureException } from './posture-exception.ts';

/** What exceptions are about besides resources: controls and frameworks by name. */
export interface ExceptionTerms {
  /** The control's name, for the deprecated `controlName`. */
  controlName(controlId: string): string;
  /** All frameworks that there are; an exception that is limited to some of them holds in these only. */
  readonly frameworks: readonly string[];
}

/** An exception by one of its entries, for one control. */
export interface ControlException {
  readonly exception: PostureException;
  readonly entry: PostureEntry;
  /** Frameworks that the entry is limited to; undefined when it holds in all. */
  readonly frameworks: readonly string[] | undefined;
}

/** The exceptions in force at a time, by control. */
export interface ExceptionSet {
  readonly exceptions: readonly PostureException[];
  readonly expired: readonly PostureException[];
  /** Those of which an earlier source has one with the same coverage, with the id of that one. */
  readonly shadowed: ReadonlyMap<PostureException, string>;
  readonly problems: readonly ExceptionProblem[];
  /** When the next one expires, in epoch milliseconds. */
  readonly nextExpiry: number | undefined;
  /** In the order of their sources. */
  forControl(controlId: string): readonly ControlException[];
}

/** Merges exceptions of all sources (scanner.md 12.3): the expired are dropped, and of two with the same coverage the later source. */
export function createExceptionSet(
  all: readonly PostureException[],
  terms: ExceptionTerms,
  now: number,
  problems: readonly ExceptionProblem[] = [],
): ExceptionSet {
  const isExpired = ({ expiresAt }: PostureException): boolean => expiresAt !== undefined && expiresAt <= now;
  const present = all.filter((exception) => !isExpired(exception)).sort(bySource);
  const shadowed = new Map<PostureException, string>();
  const byCoverage = new Map<string, PostureException>();
  for (const exception of present) {
    const earlier = byCoverage.get(exception.coverage);
    if (earlier === undefined) byCoverage.set(exception.coverage, exception);
    else if (earlier.source !== exception.source) shadowed.set(exception, earlier.id);
  }
  const exceptions = present.filter((exception) => !shadowed.has(exception));
  const byControl = new Map<string, readonly ControlException[]>();
  return {
    exceptions,
    expired: all.filter(isExpired),
    shadowed,
    problems,
    nextExpiry: earliest(exceptions),
    forControl: (controlId) => {
      let known = byControl.get(controlId);
      if (known === undefined) byControl.set(controlId, (known = entriesFor(exceptions, controlId, terms)));
      return known;
    },
  };
}

/** The entries that are about a control; rules and resources are compared later. */
export function entriesFor(
  exceptions: readonly PostureException[],
  controlId: string,
  terms: ExceptionTerms,
): readonly ControlException[] {
  return exceptions.flatMap((exception) =>
    exception.entries
      .filter(
        ({ controlId: id, controlName }) =>
          id?.matches(controlId) !== false && controlName?.matches(terms.controlName(controlId)) !== false,
      )
      .map((entry) => ({ exception, entry, frameworks: limitedTo(entry, terms) })),
  );
}

function limitedTo({ framework }: PostureEntry, { frameworks }: ExceptionTerms): readonly string[] | undefined {
  if (framework === undefined || framework.isAny) return undefined;
  const matched = frameworks.filter((name) => framework.matches(name));
  return matched.length === frameworks.length && matched.length > 0 ? undefined : matched;
}

function earliest(exceptions: readonly PostureException[]): number | undefined {
  const times = exceptions.flatMap(({ expiresAt }) => expiresAt ?? []);
  return times.length === 0 ? undefined : times.reduce((first, time) => Math.min(first, time));
}

function bySource(a: PostureException, b: PostureException): number {
  return exceptionSources.indexOf(a.source) - exceptionSources.indexOf(b.source);
}
