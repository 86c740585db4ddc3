import type { Json, Schema, Value } from '../../../charts/values/model.ts';
import { definitions } from '../../../charts/values/types.ts';

type Tree = { [key: string]: Json };

/** `a.b` and a value as an object. */
export function nested(key: string, value: Json): Tree {
  return key.split('.').reduceRight<Json>((inner, part) => ({ [part]: inner }), value) as Tree;
}

const isTree = (value: Json | undefined): value is Tree =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export function merge(trees: readonly Tree[]): Tree {
  const result: Tree = {};
  for (const tree of trees) {
    for (const [key, value] of Object.entries(tree)) {
      const before = result[key];
      result[key] = isTree(before) && isTree(value) ? merge([before, value]) : value;
    }
  }
  return result;
}

const byDefinition: Readonly<Record<string, Json>> = {
  capability: 'enable',
  quantity: '123Mi',
  bytesQuantity: '123Mi',
  duration: '77m',
  cron: '17 3 * * *',
  name: 'another-name',
  serviceName: 'another-name',
  statefulSetName: 'another-name',
  cronJobName: 'another-name',
  label: 'another.label',
  ip: '10.9.8.7',
  timeZone: 'Europe/Berlin',
  secretName: 'another.secret',
  stringMap: { 'example.com/sample': 'yes' },
  env: [{ name: 'SAMPLE', value: '1' }],
  digest: `sha256:${'a'.repeat(64)}`,
  pullPolicy: 'Always',
  image: { repository: 'registry.example.com/sample', tag: '9.9' },
  resources: { limits: { memory: '777Mi' } },
  tolerations: [{ key: 'sample', operator: 'Exists' }],
  url: 'https://example.com/sample',
  proxyUrl: 'http://proxy.example.com:3128',
  cidr: '10.9.8.7/32',
};

const byType: Readonly<Record<string, Json>> = {
  object: { sample: 'yes' },
  string: 'sample',
  boolean: true,
  null: null,
};

/** Of a pattern of its own, by key. */
const byKey: Readonly<Record<string, Json>> = {
  'redis.external.address': 'redis.example.com:6379',
  tolerations: [{ key: 'sample', operator: 'Exists' }],
};

function numberOf(schema: Schema): number {
  const { minimum, maximum } = schema as { minimum?: number; maximum?: number };
  if (maximum === 1 && schema['exclusiveMinimum'] === 0) return 0.5;
  return Math.min(maximum ?? 7777, Math.max(minimum ?? 0, 7777));
}

function choiceOf(choices: readonly Json[], initial: Json | undefined): Json {
  return choices.find((one) => one !== initial && one !== null && one !== '') ?? null;
}

function definedOf(ref: string, initial: Json | undefined): Json {
  const name = ref.replace('#/definitions/', '');
  const sample = byDefinition[name] ?? of(definitions[name] ?? {}, initial);
  return sample === initial ? 'disable' : sample;
}

function of(schema: Schema, initial: Json | undefined): Json {
  const { $ref, enum: choices, anyOf } = schema as { $ref?: string; enum?: Json[]; anyOf?: Schema[] };
  if ($ref !== undefined) return definedOf($ref, initial);
  if (choices !== undefined) return choiceOf(choices, initial);
  if (anyOf !== undefined) return of(anyOf[0] ?? {}, initial);
  return typedOf(schema, initial);
}

function typedOf(schema: Schema, initial: Json | undefined): Json {
  const { type, items } = schema as { type?: string | string[]; items?: Schema };
  const first = Array.isArray(type) ? type[0] : type;
  if (first === 'array') return items === undefined ? ['sample'] : [of(items, undefined)];
  if (first === 'integer' || first === 'number') return numberOf(schema);
  if (first === 'boolean') return initial !== true;
  if (first === 'object' && schema['additionalProperties'] === false) return objectOf(schema);
  return byType[first ?? 'null'] ?? null;
}

function objectOf(schema: Schema): Json {
  const properties = Object.entries((schema['properties'] ?? {}) as Record<string, Schema>);
  return Object.fromEntries(properties.map(([key, inner]) => [key, of(inner, undefined)]));
}

/** A value that the key may have and that is none of the known ones: not our default, not that of a former chart. */
export function sampleOf(value: Value): Json {
  const known = [value.default, ...(value.former ?? [])].find((one) => one !== undefined && one !== '');
  return byKey[value.key] ?? of(value.schema, known);
}
