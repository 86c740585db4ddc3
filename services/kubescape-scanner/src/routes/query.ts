import { z } from 'zod';
import { fail } from '../errors.ts';

/** The usual spellings of booleans; a name without a value counts as true. */
const flag = z
  .string()
  .transform((text, context): boolean => {
    if (/^(?:1|t|true|)$/i.test(text)) return true;
    if (/^(?:0|f|false)$/i.test(text)) return false;
    context.addIssue({ code: 'custom', message: 'not a boolean' });
    return z.NEVER;
  })
  .default(false);

const uuid = z.uuid('not a UUID').optional();

const names = z
  .string()
  .default('')
  .transform((text) =>
    text
      .split(',')
      .map((name) => name.trim())
      .filter((name) => name !== ''),
  );

export const ScanQuery = z.object({ wait: flag, keep: flag, skipPersistence: flag, callback: z.string().default('') });
export const MetricsQuery = z.object({ frameworks: names, skipPersistence: flag });
export const IdQuery = z.object({ id: uuid });
export const ResultsQuery = z.object({ id: uuid, keep: flag, all: flag });

/** Reads a query; parameters that are not known are ignored. @throws BAD_REQUEST */
export function readQuery<T>(schema: z.ZodType<T>, query: unknown): T {
  const parsed = schema.safeParse(query);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  throw fail('BAD_REQUEST', { problem: problems.join(', ') });
}
