/** A Kubernetes quantity as an exact number of thousandths of its base unit (bytes, cores), so that `1` equals `1000m`. */
export type ParsedQuantity =
  | { readonly ok: true; readonly milli: bigint }
  | { readonly ok: false; readonly text: string };

const quantityText = /^([+-]?)(\d+(?:\.\d*)?|\.\d+)(?:([eE][+-]?\d{1,3})|(Ki|Mi|Gi|Ti|Pi|Ei|[munkMGTPE]))?$/;
const binarySuffixes = ['Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];
const decimalExponents: Readonly<Record<string, number>> = {
  n: -9,
  u: -6,
  m: -3,
  k: 3,
  M: 6,
  G: 9,
  T: 12,
  P: 15,
  E: 18,
};
/** Beyond this no real quantity lies; it also bounds the work that a hostile text can cause. */
const maxTextLength = 64;
const maxExponent = 30;

/** Reads every form that the API accepts: `128974848`, `129e6`, `129M`, `123Mi`, `128974848000m`, `0.5`, `500m`, or a bare number. */
export function parseQuantity(value: unknown): ParsedQuantity {
  const text = typeof value === 'number' ? String(value) : typeof value === 'string' ? value.trim() : '';
  const match = text.length <= maxTextLength ? quantityText.exec(text) : null;
  const invalid: ParsedQuantity = { ok: false, text: shown(value) };
  if (match === null) return invalid;
  const [, sign, digits = '', exponent, suffix] = match;
  const power = exponent === undefined ? 0 : Number(exponent.slice(1));
  if (Math.abs(power) > maxExponent) return invalid;

  const milli = milliOf(digits, suffix, power);
  return { ok: true, milli: sign === '-' ? -milli : milli };
}

function milliOf(digits: string, suffix: string | undefined, power: number): bigint {
  const [whole = '', fraction = ''] = digits.split('.');
  const binary = suffix === undefined ? -1 : binarySuffixes.indexOf(suffix);
  const decimal = power + (suffix === undefined || binary >= 0 ? 0 : (decimalExponents[suffix] ?? 0));
  const magnitude = binary < 0 ? 1n : 1024n ** BigInt(binary + 1);
  // Thousandths, rounded up as the API server does with what it cannot hold.
  return scale(BigInt(`${whole}${fraction}`) * magnitude, decimal + 3 - fraction.length);
}

function shown(value: unknown): string {
  if (typeof value === 'string') return value.slice(0, maxTextLength);
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'a list' : 'an object';
  return String(value).slice(0, maxTextLength);
}

function scale(value: bigint, power: number): bigint {
  if (power >= 0) return value * 10n ** BigInt(power);
  const divisor = 10n ** BigInt(-power);
  return (value + divisor - 1n) / divisor;
}
