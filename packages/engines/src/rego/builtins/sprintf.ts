import { regoText } from './rego-text.ts';

/**
 * `sprintf` as OPA has it, which is Go's: rules build messages and paths with it, so the text has to be the same. What Go prints for a
 * wrong argument (`%!d(string=x)`) is printed here too, instead of an error that would lose the whole rule.
 */
export function sprintf(format: unknown, values: unknown): string | undefined {
  if (typeof format !== 'string' || !Array.isArray(values)) return undefined;
  let next = 0;
  const text = format.replace(/%([-+# 0]*)(\d*)(?:\.(\d*))?([a-zA-Z%])|%/g, (_whole, ...groups) => {
    const [flags = '', width = '', precision, verb] = groups as (string | undefined)[];
    if (verb === undefined) return '%!(NOVERB)';
    if (verb === '%') return '%';
    if (next >= values.length) return `%!${verb}(MISSING)`;
    const directive = { verb, flags, precision: precision === undefined ? undefined : Number(precision) };
    return padded(formatted(argumentOf(values[next++]), directive), flags, Math.min(Number(width), maxWidth));
  });
  const extra = values.slice(next).map((value) => describe(argumentOf(value)));
  return extra.length === 0 ? text : `${text}%!(EXTRA ${extra.join(', ')})`;
}

interface Directive {
  readonly verb: string;
  readonly flags: string;
  readonly precision: number | undefined;
}

/** Go knows no larger ones either; a rule must not fill the memory by one. */
const maxWidth = 1000;
const bases: Readonly<Record<string, number>> = { b: 2, o: 8, d: 10, x: 16, X: 16 };

/** OPA hands Go numbers and texts; everything else as the text that Rego writes for it. */
function argumentOf(value: unknown): string | number {
  return typeof value === 'string' || typeof value === 'number' ? value : regoText(value);
}

function formatted(value: string | number, directive: Directive): string {
  const { verb, flags } = directive;
  if (typeof value === 'string') return text(value, directive);
  const signed = (digits: string): string => (flags.includes('+') && value >= 0 ? `+${digits}` : digits);
  if (verb === 'v') return signed(goNumber(value));
  if (Number.isInteger(value)) {
    const base = bases[verb];
    if (base !== undefined) return signed(integer(value, base, directive));
    if (verb === 'c') return value >= 0 && value <= 0x10ffff ? String.fromCodePoint(value) : '\ufffd';
    return wrong(value, verb);
  }
  return decimal(value, directive, signed);
}

function decimal(value: number, { verb, precision }: Directive, signed: (digits: string) => string): string {
  if (verb === 'f' || verb === 'F') return signed(value.toFixed(Math.min(precision ?? 6, 100)));
  if (verb === 'e' || verb === 'E') return signed(exponent(value.toExponential(Math.min(precision ?? 6, 100)), verb));
  if (verb === 'g' || verb === 'G') return signed(goNumber(value));
  return wrong(value, verb);
}

function text(value: string, { verb, flags, precision }: Directive): string {
  const cut = precision === undefined ? value : Array.from(value).slice(0, precision).join('');
  if (verb === 's' || verb === 'v') return cut;
  if (verb === 'q') return JSON.stringify(cut);
  if (verb === 'x' || verb === 'X') {
    const digits = Buffer.from(cut).toString('hex');
    const prefix = flags.includes('#') ? '0x' : '';
    return verb === 'x' ? prefix + digits : (prefix + digits).toUpperCase();
  }
  return wrong(value, verb);
}

function integer(value: number, base: number, { verb, flags }: Directive): string {
  const digits = Math.abs(value).toString(base);
  const prefix = flags.includes('#') ? ({ o: '0', x: '0x', X: '0X', b: '0b' }[verb] ?? '') : '';
  const sign = value < 0 ? '-' : '';
  return sign + prefix + (verb === 'X' ? digits.toUpperCase() : digits);
}

function goNumber(value: number): string {
  return exponent(String(value), 'e');
}

/** Go writes at least two digits of an exponent. */
function exponent(digits: string, verb: string): string {
  const padded = digits.replace(/e([+-])(\d)$/, 'e$10$2');
  return verb === 'E' ? padded.toUpperCase() : padded;
}

function padded(value: string, flags: string, width: number): string {
  if (value.length >= width) return value;
  if (flags.includes('-')) return value.padEnd(width);
  if (!flags.includes('0')) return value.padStart(width);
  const sign = /^[+-]/.exec(value)?.[0] ?? '';
  return sign + value.slice(sign.length).padStart(width - sign.length, '0');
}

function wrong(value: string | number, verb: string): string {
  return `%!${verb}(${describe(value)})`;
}

function describe(value: string | number): string {
  if (typeof value === 'string') return `string=${value}`;
  return `${Number.isInteger(value) ? 'int64' : 'float64'}=${goNumber(value)}`;
}
