import { secretMark } from './fields.ts';
import { parseBoolean } from './units.ts';

/** What the loader needs to know of a schema: its leaves, and how text from the environment becomes a value of each. */
export interface Leaf {
  /** Keys from the top. */
  readonly path: readonly string[];
  readonly kind: 'boolean' | 'number' | 'list' | 'json' | 'text';
  readonly secret: boolean;
}

/** Structural: any schema of zod's classic API. Its `def` is public there. */
export interface Schema {
  readonly def: object;
}

interface Definition {
  readonly type: string;
  readonly innerType?: Schema;
  readonly in?: Schema;
  readonly shape?: Readonly<Record<string, Schema>>;
  readonly element?: Schema;
  readonly valueType?: Schema;
  readonly options?: readonly Schema[];
}

const definitionOf = (schema: Schema): Definition => schema.def as Definition;

/** The schema below defaults, optionals and transformations: what the input has to look like. */
function unwrap(schema: Schema): Schema {
  const definition = definitionOf(schema);
  if (definition.innerType !== undefined) return unwrap(definition.innerType);
  if (definition.type === 'pipe' && definition.in !== undefined) return unwrap(definition.in);
  return schema;
}

/** The fields of an object schema, or undefined when it is none. */
export function shapeOf(schema: Schema): Readonly<Record<string, Schema>> | undefined {
  return definitionOf(unwrap(schema)).shape;
}

/** True for a field that was made by `secret()`. */
export function isSecret(schema: Schema): boolean {
  const meta = 'meta' in schema && typeof schema.meta === 'function' ? (schema.meta() as unknown) : undefined;
  return typeof meta === 'object' && meta !== null && secretMark in meta;
}

/** All leaves of an object schema in the order in which they are written. */
export function leavesOf(schema: Schema, isSecret: (schema: Schema) => boolean, path: readonly string[] = []): Leaf[] {
  return Object.entries(shapeOf(schema) ?? {}).flatMap(([key, field]): Leaf[] => {
    const at = [...path, key];
    if (shapeOf(field) !== undefined) return leavesOf(field, isSecret, at);
    return [{ path: at, kind: kindOf(field), secret: anyLayer(field, isSecret) }];
  });
}

function kindOf(schema: Schema): Leaf['kind'] {
  const definition = definitionOf(unwrap(schema));
  switch (definition.type) {
    case 'boolean':
      return 'boolean';
    case 'number':
    case 'int':
      return 'number';
    case 'array':
      return definition.element !== undefined && kindOf(definition.element) === 'text' ? 'list' : 'json';
    case 'record':
    case 'object':
    case 'tuple':
      return 'json';
    default:
      return 'text';
  }
}

function anyLayer(schema: Schema, test: (schema: Schema) => boolean): boolean {
  if (test(schema)) return true;
  const definition = definitionOf(schema);
  const inner = definition.innerType ?? definition.in;
  return inner !== undefined && anyLayer(inner, test);
}

/** Text of a variable as a value for the schema. What does not fit is passed on as text: the schema says what is wrong with it. */
export function coerce(text: string, kind: Leaf['kind']): unknown {
  switch (kind) {
    case 'boolean':
      return parseBoolean(text) ?? text;
    case 'number':
      return text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : text;
    case 'list':
      return text.trimStart().startsWith('[') ? parseJson(text) : splitList(text);
    case 'json':
      return parseJson(text);
    default:
      return text;
  }
}

function splitList(text: string): string[] {
  return text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

/** Paths of keys that the schema does not have, with the keys that stand beside them in it. */
export function unknownKeys(
  schema: Schema,
  value: unknown,
  path: readonly string[] = [],
): { path: readonly string[]; known: readonly string[] }[] {
  const definition = definitionOf(unwrap(schema));
  if (Array.isArray(value)) {
    const { element } = definition;
    return element === undefined ? [] : value.flatMap((item, i) => unknownKeys(element, item, [...path, String(i)]));
  }
  if (typeof value !== 'object' || value === null) return [];
  const { shape, valueType } = definition;
  return Object.entries(value).flatMap(([key, inner]) => {
    if (shape === undefined) return valueType === undefined ? [] : unknownKeys(valueType, inner, [...path, key]);
    const field = Object.hasOwn(shape, key) ? shape[key] : undefined;
    return field === undefined
      ? [{ path: [...path, key], known: Object.keys(shape) }]
      : unknownKeys(field, inner, [...path, key]);
  });
}
