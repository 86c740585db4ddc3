import {
  defineMappingTag,
  defineScalarTag,
  defineSequenceTag,
  mergeTag,
  NOT_RESOLVED,
  nullYaml11Tag,
  Schema,
  seqTag,
  strTag,
} from 'js-yaml';

/**
 * YAML as kubectl reads it (sigs.k8s.io/yaml on go-yaml 2, then JSON), checked against that library's answers in `dialect.test.ts`:
 * YAML 1.1 booleans (`yes`, `on`, `y`), numbers with underscores and with `0`, `0o`, `0x`, `0b` prefixes, no base 60, dates stay
 * text, keys are text in the end. Stricter in one point: a key that is written twice is an error, where kubectl lets the last one win.
 */
const booleans: ReadonlyMap<string, boolean> = new Map([
  ...['y', 'Y', 'yes', 'Yes', 'YES', 'true', 'True', 'TRUE', 'on', 'On', 'ON'].map((text) => [text, true] as const),
  ...['n', 'N', 'no', 'No', 'NO', 'false', 'False', 'FALSE', 'off', 'Off', 'OFF'].map((text) => [text, false] as const),
]);

const boolTag = defineScalarTag<boolean>('tag:yaml.org,2002:bool', {
  implicit: true,
  implicitFirstChars: Array.from('yYnNtTfFoO'),
  resolve: (source) => booleans.get(source) ?? NOT_RESOLVED,
  identify: () => false,
});

const digits = Array.from('0123456789');
const decimal = /^[-+]?(0|[1-9]\d*)$/;
const prefixed = /^([-+]?)0(?:[xX]([\da-fA-F]+)|[oO]?([0-7]+)|[bB]([01]+))$/;
const float = /^[-+]?(\.\d+|\d+(\.\d*)?)([eE][-+]?\d+)?$/;
const notFinite = /^([-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN))$/;

function integerOf(source: string): number | typeof NOT_RESOLVED {
  const plain = source.replaceAll('_', '');
  if (decimal.test(plain)) return Number(plain) + 0;
  const match = prefixed.exec(plain);
  if (match === null) return NOT_RESOLVED;
  const [, sign, hex, octal, binary] = match;
  const value =
    hex === undefined ? Number.parseInt(octal ?? binary ?? '', octal === undefined ? 2 : 8) : Number.parseInt(hex, 16);
  return sign === '-' ? -value : value;
}

const intTag = defineScalarTag<number>('tag:yaml.org,2002:int', {
  implicit: true,
  implicitFirstChars: ['-', '+', ...digits],
  resolve: integerOf,
  identify: () => false,
});

const floatTag = defineScalarTag<number>('tag:yaml.org,2002:float', {
  implicit: true,
  implicitFirstChars: ['-', '+', '.', ...digits],
  resolve: (source) => {
    if (notFinite.test(source)) throw new NotJson(`${source} cannot be written in JSON`);
    const plain = source.replaceAll('_', '');
    const value = Number(plain);
    return float.test(plain) && Number.isFinite(value) ? value : NOT_RESOLVED;
  },
  identify: () => false,
});

/** A value that YAML has and JSON has not. */
export class NotJson extends Error {
  override readonly name = 'NotJson';
}

const binaryTag = defineScalarTag<string>('tag:yaml.org,2002:binary', {
  resolve: (source) => Buffer.from(source.replaceAll(/\s/g, ''), 'base64').toString('utf8'),
  identify: () => false,
});

export const keyMustBeText = 'a key has to be text';

const mapTag = defineMappingTag<Record<string, unknown>>('tag:yaml.org,2002:map', {
  create: () => ({}),
  addPair: (map, key, value) => {
    const name = keyOf(key);
    if (name === undefined) return keyMustBeText;
    if (name === '__proto__')
      Object.defineProperty(map, name, { value, enumerable: true, configurable: true, writable: true });
    else map[name] = value;
    return '';
  },
  has: (map, key) => Object.hasOwn(map, keyOf(key) ?? ''),
  keys: (map) => Object.keys(map),
  get: (map, key) => map[String(key)],
  identify: () => false,
});

function keyOf(key: unknown): string | undefined {
  return typeof key === 'string' || typeof key === 'number' || typeof key === 'boolean' ? String(key) : undefined;
}

// Tags of other programs (`!vault`, `!Ref`) mean nothing to Kubernetes: what they stand at is taken as it is.
const foreignTags = ['!', 'tag:'].flatMap((prefix) => [
  defineScalarTag<string>(prefix, { matchByTagPrefix: true, resolve: (source) => source, identify: () => false }),
  defineSequenceTag<unknown[]>(prefix, {
    matchByTagPrefix: true,
    create: () => [],
    addItem: (list, item) => {
      list.push(item);
    },
    identify: () => false,
  }),
  defineMappingTag<Record<string, unknown>>(prefix, {
    matchByTagPrefix: true,
    create: mapTag.create,
    addPair: mapTag.addPair,
    has: mapTag.has,
    keys: mapTag.keys,
    get: mapTag.get,
    identify: () => false,
  }),
]);

/** For `load` and `constructFromEvents` of js-yaml. */
export const kubectlSchema = new Schema([
  strTag,
  nullYaml11Tag,
  boolTag,
  intTag,
  floatTag,
  mergeTag,
  binaryTag,
  seqTag,
  mapTag,
  ...foreignTags,
]);
