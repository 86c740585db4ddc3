/** Host functions about texts and sizes. Each is undefined for arguments of the wrong type, as Rego has it. */

/** Code points, as Go counts them. */
const characters = (text: string): number => Array.from(text).length;

const isText = (value: unknown): value is string => typeof value === 'string';

/** One text, or a list of texts. */
function textsOf(value: unknown): string[] | undefined {
  if (isText(value)) return [value];
  return Array.isArray(value) && value.every(isText) ? value : undefined;
}

function anyMatch(value: unknown, parts: unknown, fits: (text: string, part: string) => boolean): boolean | undefined {
  const [texts, wanted] = [textsOf(value), textsOf(parts)];
  if (texts === undefined || wanted === undefined) return undefined;
  return texts.some((text) => wanted.some((part) => fits(text, part)));
}

export const textFunctions = {
  'strings.any_prefix_match': (value: unknown, parts: unknown) => anyMatch(value, parts, (a, b) => a.startsWith(b)),
  'strings.any_suffix_match': (value: unknown, parts: unknown) => anyMatch(value, parts, (a, b) => a.endsWith(b)),
  'strings.count': (value: unknown, part: unknown) => {
    if (!isText(value) || !isText(part)) return undefined;
    return part === '' ? characters(value) + 1 : value.split(part).length - 1;
  },
  indexof_n: (value: unknown, part: unknown) => {
    if (!isText(value) || !isText(part) || part === '') return undefined;
    const found: number[] = [];
    for (let at = value.indexOf(part); at >= 0; at = value.indexOf(part, at + part.length)) {
      found.push(characters(value.slice(0, at)));
    }
    return found;
  },
  'glob.quote_meta': (value: unknown) => (isText(value) ? value.replace(/[*?\\[\]{}]/g, '\\$&') : undefined),
  'urlquery.encode': (value: unknown) =>
    isText(value) ? new URLSearchParams([['', value]]).toString().slice(1) : undefined,
  'urlquery.decode': (value: unknown) => (isText(value) ? decodeURIComponent(value.replaceAll('+', ' ')) : undefined),
  'units.parse': (value: unknown) => (isText(value) ? quantity(value, false) : undefined),
  'units.parse_bytes': (value: unknown) => (isText(value) ? quantity(value, true) : undefined),
};

const steps = ['', 'k', 'm', 'g', 't', 'p', 'e'];

/** `10Ki`, `1.5MB`; for `units.parse` a small `m` means a thousandth. */
function quantity(written: string, bytes: boolean): number | undefined {
  const [, digits, unit = ''] = /^"?([+-]?\d+(?:\.\d+)?(?:e[+-]?\d+)?)([a-zA-Z]*)"?$/.exec(written.trim()) ?? [];
  if (digits === undefined) return undefined;
  if (!bytes && unit === 'm') return Number(digits) / 1000;
  const [, step = '', binary] = /^([kmgtpe]?)(i?)b?$/.exec(unit.toLowerCase()) ?? [undefined, 'x'];
  const power = steps.indexOf(step);
  if (power < 0 || (unit.toLowerCase().endsWith('b') && !bytes)) return undefined;
  const value = Number(digits) * (binary === 'i' ? 1024 : 1000) ** power;
  return bytes ? Math.trunc(value) : value;
}
