import { isRecord, parseFieldPath } from '@kso/domain';

/** An object as lines of YAML for people to read, with the place of each field. */
export interface YamlLines {
  readonly lines: readonly string[];
  /** The line of a field, from 0, and whether it is the field itself: else it is its nearest parent. */
  lineOf(path: string): { readonly line: number; readonly isExact: boolean };
}

/** Nothing that people look at is longer: an object of megabytes would make the report one. */
const maxLines = 5_000;
const longestText = 300;
const maxDepth = 60;

/** Writes an object in the order of its fields. It is for reading, not for parsing: texts are shortened. */
export function yamlLines(object: unknown): YamlLines {
  const lines: string[] = [];
  const places = new Map<string, number>();

  const write = (value: unknown, key: string, margin: string, firstMargin: string, depth: number): void => {
    if (lines.length >= maxLines) return;
    const members = depth >= maxDepth ? undefined : membersOf(value);
    if (members === undefined || members.length === 0) return;
    let lead = firstMargin;
    for (const [name, member] of members) {
      if (lines.length >= maxLines) return;
      const place = key === '' ? name : `${key}\0${name}`;
      places.set(place, lines.length);
      const isList = Array.isArray(value);
      const inner = membersOf(member);
      const hasMembers = inner !== undefined && inner.length > 0;
      if (isList && hasMembers) write(member, place, `${margin}  `, `${lead}- `, depth + 1);
      else if (isList) lines.push(`${lead}- ${scalar(member)}`);
      else {
        lines.push(`${lead}${keyText(name)}:${hasMembers ? '' : ` ${scalar(member)}`}`);
        const deeper = Array.isArray(member) ? margin : `${margin}  `;
        if (hasMembers) write(member, place, deeper, deeper, depth + 1);
      }
      lead = margin;
    }
  };
  write(object, '', '', '', 0);

  return {
    lines,
    lineOf: (path) => {
      const parts = parseFieldPath(path);
      for (let length = parts.length; length > 0; length -= 1) {
        const line = places.get(parts.slice(0, length).join('\0'));
        if (line !== undefined) return { line, isExact: length === parts.length };
      }
      return { line: 0, isExact: parts.length === 0 };
    },
  };
}

function membersOf(value: unknown): readonly (readonly [string, unknown])[] | undefined {
  if (Array.isArray(value)) return (value as unknown[]).map((item, index) => [String(index), item] as const);
  return isRecord(value) ? Object.entries(value) : undefined;
}

function keyText(key: string): string {
  return /^[\w./-]+$/.test(key) ? key : JSON.stringify(key);
}

function scalar(value: unknown): string {
  if (Array.isArray(value)) return '[]';
  if (typeof value === 'object' && value !== null) return '{}';
  if (typeof value !== 'string') return String(value);
  const shown = value.length > longestText ? `${value.slice(0, longestText)}…` : value;
  return /^[A-Za-z_/][\w./:@+ -]*$/.test(shown) &&
    !/^(?:true|false|null|yes|no|on|off|y|n)$/i.test(shown) &&
    !/: | $|:$/.test(shown)
    ? shown
    : JSON.stringify(shown);
}

/** A part of an object's lines, with those that matter marked. */
export interface Excerpt {
  readonly lines: readonly { readonly text: string; readonly isMarked: boolean }[];
  /** Lines were left out before this part. */
  readonly isCut: boolean;
}

/** The lines around the marked ones; parts that meet are one. */
export function excerpts(lines: readonly string[], marked: ReadonlySet<number>, around = 2): Excerpt[] {
  const parts: { from: number; to: number }[] = [];
  for (const line of [...marked].toSorted((a, b) => a - b)) {
    const from = Math.max(0, line - around);
    const to = Math.min(lines.length - 1, line + around);
    const last = parts.at(-1);
    if (last !== undefined && from <= last.to + 2) last.to = Math.max(last.to, to);
    else parts.push({ from, to });
  }
  return parts.map(({ from, to }) => ({
    isCut: from > 0,
    lines: lines.slice(from, to + 1).map((text, index) => ({ text, isMarked: marked.has(from + index) })),
  }));
}
