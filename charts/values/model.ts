/** A value of JSON, as values files and their schema are made of. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** A fragment of JSON Schema, draft 7. */
export type Schema = { readonly [keyword: string]: Json };

/**
 * What becomes of a key when somebody sets it:
 * - `supported`: it works;
 * - `alias`, `deprecated`: it works through the key named in `to`, and the notes of the release say so;
 * - `pending`: it belongs to a part that this version does not have yet; taken, listed in the notes, without effect;
 * - `noted`: it is taken because files of the former charts have it, and has no effect;
 * - `refused`: only the values in `allowed` are taken, everything else stops the rendering with `note` as advice.
 */
export type Status = 'supported' | 'alias' | 'deprecated' | 'pending' | 'noted' | 'refused';

/** How an alias's value becomes that of its target. */
export type Conversion = 'same' | 'switch' | 'not' | 'emptyIfFalse' | 'emptyIfTrue' | 'hostPort' | 'matchers';

/** One key of the values file. */
export interface Value {
  /** Path with dots; keys below a free-form map are not written out. */
  readonly key: string;
  readonly schema: Schema;
  /** Stands in `values.yaml`; without one the key is only known to the schema. */
  readonly default?: Json;
  readonly description: string;
  readonly status: Status;
  /** Said to the user who sets the key. */
  readonly note?: string;
  readonly to?: string;
  readonly conversion?: Conversion;
  /** What the former charts' own values files have here: copied files are not answered with a note for each line. */
  readonly former?: readonly Json[];
  /** Of a refused key. */
  readonly allowed?: readonly Json[];
  /** Rendered where its reader will look for it, and read by no service of this version: who sets it gets a note. */
  readonly unread?: true;
}

/** Keys that belong together, with the heading under which `values.yaml` and the README show them. */
export interface Group {
  readonly title: string;
  readonly intro?: string;
  readonly values: readonly Value[];
}

/** A supported key. */
export function value(key: string, schema: Schema, initial: Json, description: string): Value {
  return { key, schema, default: initial, description, status: 'supported' };
}

/** A supported key that is better left out of the values file: absence is its default. */
export function optional(key: string, schema: Schema, description: string): Value {
  return { key, schema, description, status: 'supported' };
}

/** A supported key that the services do not read yet. */
export const unread = (key: Value): Value => ({ ...key, unread: true });

/** A key of the former charts that has another name here. */
export function alias(
  key: string,
  schema: Schema,
  to: string,
  o: { conversion?: Conversion; former?: readonly Json[]; description?: string } = {},
): Value {
  const { conversion = 'same', former = [], description = `Former name of \`${to}\`` } = o;
  return { key, schema, description, status: 'alias', to, conversion, former };
}

/** A key that works and should not be used in new files. */
export function deprecated(
  key: string,
  schema: Schema,
  to: string,
  description: string,
  o: { conversion?: Conversion; former?: readonly Json[] } = {},
): Value {
  const { conversion = 'same', former = [] } = o;
  return { key, schema, description, status: 'deprecated', to, conversion, former };
}

/** A key without effect that files of the former charts may have. */
export function noted(key: string, schema: Schema, note: string, former: readonly Json[] = []): Value {
  return { key, schema, description: note, status: 'noted', note, former };
}

/** A key of a part that comes later. */
export function pending(key: string, schema: Schema, description: string, former: readonly Json[] = []): Value {
  return { key, schema, description, status: 'pending', former };
}

/** A key of which only some values are taken. */
export function refused(key: string, schema: Schema, allowed: readonly Json[], note: string): Value {
  return { key, schema, description: note, status: 'refused', note, allowed };
}
