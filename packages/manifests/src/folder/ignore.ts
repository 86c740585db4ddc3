/** Decides by a path relative to the root, with `/` between its parts, what is left out. */
export interface IgnoreRules {
  ignores(relativePath: string, isFolder: boolean): boolean;
}

interface Rule {
  readonly pattern: RegExp;
  readonly isNegated: boolean;
  readonly foldersOnly: boolean;
}

/** The rules of a `.kubescapeignore`, written as a `.gitignore` is: the last rule that fits decides. */
export function parseIgnoreRules(text: string): IgnoreRules {
  const rules = text
    .split('\n')
    .map((line) => line.replace(/\r$/, '').replace(/(?<!\\)\s+$/, ''))
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map(ruleOf);
  return {
    ignores: (relativePath, isFolder) =>
      rules.findLast((rule) => (isFolder || !rule.foldersOnly) && rule.pattern.test(relativePath))?.isNegated === false,
  };
}

function ruleOf(line: string): Rule {
  const isNegated = line.startsWith('!');
  const written = isNegated ? line.slice(1) : line;
  const foldersOnly = written.endsWith('/');
  const body = foldersOnly ? written.slice(0, -1) : written;
  // A slash anywhere but at the end ties the rule to the root.
  const isAnchored = body.includes('/');
  const source = globSource(body.replace(/^\//, ''));
  return { pattern: patternOf(isAnchored ? `^${source}$` : `^(?:.*/)?${source}$`), isNegated, foldersOnly };
}

/** A class such as `[z-a]` is no class: like git, such a line fits nothing. */
function patternOf(source: string): RegExp {
  try {
    return new RegExp(source);
  } catch {
    return /(?!)/;
  }
}

const tokens = /\*\*\/|\/\*\*$|\*\*|\*|\?|\[[^\]/]+\]|\\.|[^*?[\\]+|\[|\\/g;

function globSource(glob: string): string {
  return glob.replaceAll(tokens, (token) => {
    if (token === '**/') return '(?:.*/)?';
    if (token === '/**') return '/.*';
    if (token === '**' || token === '*') return '[^/]*';
    if (token === '?') return '[^/]';
    if (/^\[.+\]$/.test(token)) return `[${token.slice(1, -1).replace(/^!/, '^').replaceAll('\\', '\\\\')}]`;
    return RegExp.escape(token.length === 2 && token.startsWith('\\') ? token.slice(1) : token);
  });
}
