import type { z } from 'zod';

/** The first thing that is wrong with a request, with the name of its field. */
export function reasonOf(error: z.ZodError): string {
  const [issue] = error.issues;
  const path = issue?.path.map(String).join('.') ?? '';
  return `${path === '' ? 'the body' : path}: ${issue?.message ?? 'invalid'}`;
}
