import { z } from 'zod';
import { parseBoolean, parseDuration } from '../config/units.ts';
import { fail } from '../error-table.ts';
import { readJsonFile } from '../files.ts';

/**
 * Reading of files that were written for Kubescape's Go programs (operator-gateway.md section 5): keys without case, unknown keys ignored,
 * booleans and numbers also as text, durations as Go writes them or in nanoseconds, lists also as one text with commas.
 */

/** `null` and `""` stand for "not set", as Go's zero values do. */
function absent(value: unknown): unknown {
  return value === null || value === '' ? undefined : value;
}

export const text = () => z.preprocess(absent, z.string().trim().optional());

export const flag = () =>
  z.preprocess(
    (value) => (typeof value === 'string' ? absent(parseBoolean(value) ?? value) : absent(value)),
    z.boolean('expected true or false').optional(),
  );

export const count = () =>
  z.preprocess(
    (value) => (typeof value === 'string' && value.trim() !== '' ? Number(value) : absent(value)),
    z.number('expected a number').optional(),
  );

/** Milliseconds. */
export const goDuration = () =>
  z.preprocess((value) => {
    if (typeof value === 'number') return value / 1e6;
    if (typeof value !== 'string' || value === '') return absent(value);
    return /^\d+$/.test(value.trim()) ? Number(value) / 1e6 : (parseDuration(value) ?? value);
  }, z.number('expected a duration such as 5m').optional());

export const list = () =>
  z.preprocess((value) => {
    if (typeof value !== 'string') return value === null ? undefined : value;
    return value
      .split(',')
      .map((item) => item.trim())
      .filter((item) => item !== '');
  }, z.array(z.string(), 'expected a list of names').optional());

/** An object whose keys are found without regard to case. If two keys differ only in case the last one counts, as in Go. */
export function caseless<S extends z.ZodRawShape>(shape: S) {
  const byLowerCase = new Map(Object.keys(shape).map((key) => [key.toLowerCase(), key]));
  return z.preprocess(
    (value) => {
      if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
      const found: Record<string, unknown> = {};
      for (const [key, inner] of Object.entries(value)) {
        const known = byLowerCase.get(key.toLowerCase());
        if (known !== undefined) found[known] = inner;
      }
      return found;
    },
    z.object(shape, 'expected an object'),
  );
}

/** Reads `file` and checks it. @throws FILE_MISSING, FILE_UNREADABLE, FILE_MALFORMED: one line that names file and problem */
export function readForeign<T>(file: string, what: string, schema: z.ZodType<T>): T {
  return readForeignValue(readJsonFile(file, what), file, what, schema);
}

/** The same for content that has been read. @throws FILE_MALFORMED */
export function readForeignValue<T>(value: unknown, file: string, what: string, schema: z.ZodType<T>): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const problem = parsed.error.issues
    .map((issue) => (issue.path.length === 0 ? issue.message : `${issue.path.map(String).join('.')}: ${issue.message}`))
    .join('; ');
  throw fail('FILE_MALFORMED', { what, file, problem });
}
