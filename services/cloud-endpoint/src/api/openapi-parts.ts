import { z } from 'zod';

/** Pieces of the OpenAPI document. */

export interface Operation {
  readonly parameters?: readonly object[];
  readonly requestBody?: object;
  readonly responses: object;
}
/** Operations by method, and parameters of all of them, by path. */
export type Paths = Readonly<Record<string, object>>;

const problem = { description: 'problem document (RFC 9457)', content: { 'application/problem+json': {} } };

export function problems(...statuses: number[]): object {
  return Object.fromEntries(statuses.map((status) => [status, problem]));
}

export function json(schema: z.ZodType, io: 'input' | 'output'): object {
  return { content: { 'application/json': { schema: z.toJSONSchema(schema, { io, unrepresentable: 'any' }) } } };
}

export function answered(description: string, schema: z.ZodType): object {
  return { description, ...json(schema, 'output') };
}

export function parametersOf(query: z.ZodObject | undefined): object[] {
  if (query === undefined) return [];
  const { properties = {} } = z.toJSONSchema(query, { io: 'input', unrepresentable: 'any' });
  return Object.entries(properties).map(([name, schema]) => ({ name, in: 'query', schema }));
}

/** Parameters that stand in braces in a path. */
export function pathParameters(path: string): object[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));
}

/** Several descriptions of the same path are joined. */
export function joined(...parts: readonly Paths[]): Paths {
  const all: Record<string, object> = {};
  for (const part of parts) for (const [path, item] of Object.entries(part)) all[path] = { ...all[path], ...item };
  return all;
}
