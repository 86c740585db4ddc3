import { type Glob, parseGlob } from './glob.ts';

/** Decides by a path relative to the root, with `/` between its parts, what is left out. */
export interface IgnoreRules {
  ignores(relativePath: string, isFolder: boolean): boolean;
}

interface Rule {
  readonly glob: Glob;
  readonly isNegated: boolean;
  readonly foldersOnly: boolean;
}

/** The rules of a `.kubescapeignore`, written as a `.gitignore` is: the last rule that fits decides. */
export function parseIgnoreRules(text: string): IgnoreRules {
  const rules = text
    .split('\n')
    .map(withoutTrailingBlanks)
    .filter((line) => line !== '' && !line.startsWith('#'))
    .flatMap(ruleOf);
  return {
    ignores: (relativePath, isFolder) =>
      rules.findLast((rule) => (isFolder || !rule.foldersOnly) && rule.glob(relativePath))?.isNegated === false,
  };
}

/** Blanks at the end mean nothing, but for the first of them after a backslash. */
function withoutTrailingBlanks(line: string): string {
  const trimmed = line.trimEnd();
  return trimmed.endsWith('\\') ? line.slice(0, trimmed.length + 1).replace(/\r$/, '') : trimmed;
}

/** A line that is no pattern (`[z-a]`) fits nothing, as with git. */
function ruleOf(line: string): Rule[] {
  const isNegated = line.startsWith('!');
  const written = isNegated ? line.slice(1) : line;
  const foldersOnly = written.endsWith('/');
  const body = foldersOnly ? written.slice(0, -1) : written;
  // A slash anywhere but at the end ties the rule to the root.
  const isAnchored = body.includes('/');
  const glob = parseGlob(body.replace(/^\//, ''), isAnchored);
  return glob === undefined ? [] : [{ glob, isNegated, foldersOnly }];
}
