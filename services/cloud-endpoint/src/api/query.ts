import { severities, severityRank } from '@kso/domain';
import { z } from 'zod';
import { fail } from '../errors.ts';

/** Query parameters of lists. Everything a client sends is text, possibly several times. */

const text = z
  .string()
  .trim()
  .max(200)
  .transform((value) => value || undefined)
  .optional();
const limit = z.coerce.number().int().min(1).max(500).default(50);
const after = z.string().max(4096).optional();

export const severityNames = severities.map((severity) => severity.toLowerCase());
/** As a rank; objects with something of this severity or worse. */
const severity = z
  .enum(severityNames as [string, ...string[]])
  .transform((name) => severityRank(severities[severityNames.indexOf(name)] ?? 'Unknown'))
  .optional();

export const PageQuery = z.object({ limit, after });
export const WorkloadQuery = PageQuery.extend({
  namespace: text,
  text,
  severity,
  kind: text,
  status: z.enum(['failed', 'notEvaluated', 'all']).default('failed'),
});
export const ImageQuery = PageQuery.extend({
  namespace: text,
  text,
  severity,
  state: z.enum(['scanned', 'notEvaluated', 'incomplete']).optional(),
});
export const VulnerabilityQuery = PageQuery.extend({
  image: text,
  text,
  severity,
  fixable: z
    .enum(['true', 'false'])
    .transform((value) => value === 'true')
    .default(false),
});
const instant = z.iso
  .datetime({ offset: true })
  .transform((value) => Date.parse(value))
  .optional();
export const TrendQuery = z.object({
  from: instant,
  to: instant,
  step: z.enum(['hour', 'day']).default('day'),
});
export const JobQuery = PageQuery.extend({ parent: text });
export const RepositoryQuery = PageQuery.extend({ registry: z.string().min(1).max(2048) });
export const ReceiptQuery = PageQuery.extend({ route: text });

/** @throws QUERY_INVALID */
export function readQuery<T extends z.ZodType>(schema: T, query: unknown): z.output<T> {
  const parsed = schema.safeParse(query);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw fail('QUERY_INVALID', {
    reason: `${issue?.path.map(String).join('.') ?? 'query'}: ${issue?.message ?? 'invalid'}`,
  });
}

type CursorValue = string | number;

/** The sort key of a page's last row, opaque to clients. */
export function encodeCursor(values: readonly CursorValue[]): string {
  return Buffer.from(JSON.stringify(values)).toString('base64url');
}

/** @throws QUERY_INVALID when it is not one that we gave */
export function decodeCursor(cursor: string | undefined, first: readonly CursorValue[]): CursorValue[] {
  if (cursor === undefined || cursor === '') return [...first];
  try {
    const values: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    const fits = (value: unknown, index: number) => typeof value === typeof first[index];
    if (Array.isArray(values) && values.length === first.length && values.every(fits)) return values as CursorValue[];
  } catch {
    // Not one of ours, as below.
  }
  throw fail('QUERY_INVALID', { reason: 'after: not a cursor of this list' });
}

/** For LIKE with `\` as escape: finds the text anywhere. */
export function containing(text: string | undefined): string | null {
  return text === undefined ? null : `%${text.replace(/[\\%_]/g, (character) => `\\${character}`)}%`;
}
