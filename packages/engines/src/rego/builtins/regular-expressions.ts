/**
 * Regular expressions of OPA's host functions. Patterns are written for RE2 (Go); those constructs that JavaScript spells otherwise are
 * translated. An expression that needs forever is ended with its thread by the time limit of the rule.
 */

const maxPatternLength = 4096;
const cache = new Map<string, RegExp>();
const maxCached = 500;

/** @throws SyntaxError for what neither side understands; a host function is undefined then */
export function goExpression(pattern: string, flags: string): RegExp {
  if (pattern.length > maxPatternLength) throw new SyntaxError('the pattern is too long');
  const key = `${flags}/${pattern}`;
  const known = cache.get(key);
  if (known !== undefined) return known;
  const { source, inline } = translated(pattern);
  const expression = new RegExp(source, [...new Set(`u${flags}${inline}`)].join(''));
  if (cache.size >= maxCached) cache.clear();
  cache.set(key, expression);
  return expression;
}

const posixClasses: Readonly<Record<string, string>> = {
  alnum: '0-9A-Za-z',
  alpha: 'A-Za-z',
  blank: '\\t ',
  cntrl: '\\x00-\\x1f\\x7f',
  digit: '0-9',
  lower: 'a-z',
  punct: '!-\\/:-@\\[-`\\{-~',
  space: '\\t\\n\\v\\f\\r ',
  upper: 'A-Z',
  word: '0-9A-Za-z_',
  xdigit: '0-9A-Fa-f',
};

function translated(pattern: string): { readonly source: string; readonly inline: string } {
  const [, inline = ''] = /^\(\?([ims]+)\)/.exec(pattern) ?? [];
  const body = inline === '' ? pattern : pattern.slice(inline.length + 3);
  const source = body
    .replaceAll('(?P<', '(?<')
    .replaceAll('\\A', '^')
    .replaceAll('\\z', '$')
    .replace(/\[:(\w+):\]/g, (whole, name: string) => posixClasses[name] ?? whole)
    // `u` refuses escapes that mean nothing, which Go takes for punctuation.
    .replace(/\\([^\w^$\\.*+?()[\]{}|/-])/g, '$1')
    .replace(/\\([-_])/g, (whole, character: string, offset: number) =>
      character === '_' || !insideClass(body, offset) ? character : whole,
    );
  return { source, inline };
}

function insideClass(text: string, offset: number): boolean {
  const before = text.slice(0, offset).replace(/\\./g, '  ');
  return before.lastIndexOf('[') > before.lastIndexOf(']');
}

/** `regex.find_n`: the first `count` matches, all for -1. */
export function findN(pattern: unknown, value: unknown, count: unknown): string[] | undefined {
  if (typeof pattern !== 'string' || typeof value !== 'string' || typeof count !== 'number') return undefined;
  const found: string[] = [];
  if (count === 0) return found;
  for (const [match] of value.matchAll(goExpression(pattern, 'g'))) {
    found.push(match);
    if (found.length === count) break;
  }
  return found;
}

/** `regex.split`: groups of the pattern are not among the parts, other than in JavaScript. */
export function split(pattern: unknown, value: unknown): string[] | undefined {
  if (typeof pattern !== 'string' || typeof value !== 'string') return undefined;
  const parts: string[] = [];
  let end = 0;
  for (const match of value.matchAll(goExpression(pattern, 'g'))) {
    if (match[0] === '' && (match.index === 0 || match.index === value.length)) continue;
    parts.push(value.slice(end, match.index));
    end = match.index + match[0].length;
  }
  return [...parts, value.slice(end)];
}

/** `regex.replace`, with Go's `$1` and `${name}` in the replacement. */
export function replace(value: unknown, pattern: unknown, replacement: unknown): string | undefined {
  if (typeof pattern !== 'string' || typeof value !== 'string' || typeof replacement !== 'string') return undefined;
  return value.replace(goExpression(pattern, 'g'), (...match: unknown[]) => {
    const groups = match.at(-1);
    const named = typeof groups === 'object' && groups !== null ? (groups as Record<string, string>) : {};
    return replacement.replace(/\$\$|\$\{(\w+)\}|\$(\w+)/g, (_whole, braced?: string, plain?: string) => {
      const name = braced ?? plain;
      if (name === undefined) return '$';
      return /^\d+$/.test(name) ? groupAt(match, Number(name)) : (named[name] ?? '');
    });
  });
}

function groupAt(match: readonly unknown[], index: number): string {
  const value = match[index];
  return typeof value === 'string' ? value : '';
}
