import type { ControlInputs } from '../../catalogue/inputs.ts';

/** Decides by name and value whether an entry looks like a credential. */
export interface SensitiveMatcher {
  /** Why the entry looks like one, in words that do not show the value; undefined if it does not. */
  reason(name: string, value: string): string | undefined;
}

/** Values longer than this are not searched further: no credential is that long, and patterns come from configuration. */
export const maxSearchedLength = 65_536;

/** Words that say something about a credential without being one. */
const plainValues = /^(?:true|false|yes|no|on|off|enabled|disabled|null|none)$/i;

const compiled = new WeakMap<ControlInputs, SensitiveMatcher>();

/** The matcher for these inputs, made once. @throws SyntaxError if an input is no regular expression. */
export function sensitiveMatcher(inputs: ControlInputs): SensitiveMatcher {
  const known = compiled.get(inputs);
  if (known !== undefined) return known;
  const words = lower(inputs.sensitiveKeyNames);
  const allowedWords = lower(inputs.sensitiveKeyNamesAllowed);
  const patterns = inputs.sensitiveValues.map((pattern) => new RegExp(pattern));
  const allowedPatterns = inputs.sensitiveValuesAllowed.map((pattern) => new RegExp(pattern));

  const matcher: SensitiveMatcher = {
    reason(name, value) {
      const text = value.slice(0, maxSearchedLength);
      if (text === '' || plainValues.test(text.trim())) return undefined;
      const key = name.toLowerCase();
      if (allowedWords.some((word) => key.includes(word))) return undefined;
      if (allowedPatterns.some((pattern) => pattern.test(text))) return undefined;
      const word = words.find((candidate) => key.includes(candidate));
      if (word !== undefined) return `its name contains "${word}"`;
      return patterns.some((pattern) => pattern.test(text)) ? 'its value has the form of a credential' : undefined;
    },
  };
  compiled.set(inputs, matcher);
  return matcher;
}

/** What a report says in place of a secret value; not even its length. */
export const masked = '******';

function lower(words: readonly string[]): string[] {
  return words.map((word) => word.toLowerCase());
}
