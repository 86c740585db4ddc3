import { parseDocument } from '@kso/domain/yaml';

/** What a field is set to. */
export type FieldValue = string | number | boolean;

/** Fields whose values, or the values of whose members, are texts even if they look like numbers or truth values. */
const textFields: ReadonlySet<string> = new Set([
  'labels',
  'annotations',
  'matchLabels',
  'nodeSelector',
  'data',
  'stringData',
  'command',
  'args',
  'drop',
  'add',
]);

/** The value that a fix path means: reports carry it as text (scanner.md 8.4). */
export function valueFor(text: string, path: readonly string[]): FieldValue {
  const isText = path.at(-1) === 'value' || textFields.has(path.at(-2) ?? '');
  if (isText) return text;
  if (text === 'true' || text === 'false') return text === 'true';
  return /^-?(?:0|[1-9]\d{0,14})$/.test(text) ? Number(text) : text;
}

/** How a value is written: in JSON, within `{}` and `[]`, or on a line of its own. */
export type Notation = 'json' | 'flow' | 'block';

export function writeValue(value: FieldValue, notation: Notation): string {
  if (typeof value !== 'string') return String(value);
  return isPlain(value, notation) ? value : JSON.stringify(value);
}

export function writeKey(key: string, notation: Notation): string {
  return /^[A-Za-z_][\w./-]*$/.test(key) && isPlain(key, notation) ? key : JSON.stringify(key);
}

/** Whether the text means itself without quotes, also to parsers that do not know what kubectl knows. */
function isPlain(text: string, notation: Notation): boolean {
  if (notation === 'json' || !/^[\w./][\w./@:+=-]*$/.test(text) || text.endsWith(':')) return false;
  // `y`, `on` and `1e3` are texts to some parsers only.
  if (/^(?:[yn~]|yes|no|on|off|true|false|null|[-+.\d][\d_.:eExXobB+-]*)$/i.test(text)) return false;
  const parsed = parseDocument(`a: ${text}\n`);
  return parsed.outcome === 'parsed' && JSON.stringify(parsed.values) === JSON.stringify([{ a: text }]);
}
