import { z } from 'zod';

/**
 * Fields of foreign reports. Senders are written in Go: an empty list or object may be `null` or absent, which is all the same here.
 * Identifiers that are too long are refused, texts are cut.
 */

/** An identifier; never empty. */
export const id = z.string().min(1).max(2048);
/** An identifier that may be missing. */
export const optionalId = nullable(z.string().max(2048));
/** A text for people. */
export const prose = nullable(z.string().transform((text) => text.slice(0, 8192)));
export const optionalNumber = nullable(z.number());
/** What is kept as a whole number; one that is none, or is too large for it, is cut or counts as missing. */
export const optionalInteger = nullable(z.number()).transform((value): number | undefined => {
  const whole = value === undefined ? Number.NaN : Math.trunc(value);
  return Number.isSafeInteger(whole) ? whole : undefined;
});

/** Absent and null are both undefined. */
export function nullable<T extends z.ZodType>(type: T) {
  return type.nullish().transform((value): z.output<T> | undefined => value ?? undefined);
}

/** Absent and null are both the empty list. */
export function list<T extends z.ZodType>(item: T) {
  return z
    .array(item)
    .nullish()
    .transform((value): z.output<T>[] => value ?? []);
}

/** RFC 3339 as Go writes it, down to nanoseconds; Go's zero time and nonsense count as missing. */
export const time = nullable(z.string()).transform((text): number | undefined => {
  const parsed = text === undefined ? Number.NaN : Date.parse(text);
  return parsed > 0 ? parsed : undefined;
});

/**
 * When a report was made, in epoch ms. A sender whose clock is ahead must not make all later reports look old, so nothing is newer
 * than its arrival.
 */
export function notAfter(now: number, madeAt: number | undefined): number {
  return madeAt === undefined || madeAt <= 0 ? now : Math.min(Math.trunc(madeAt), now);
}

/** `paginationInfo` (kubevuln.md 10.2, scanner.md 8.1). A report without it is whole. */
export const pagination = z
  .object({ chunkNumber: z.number().int().min(0).max(1_000_000), isLastChunk: z.boolean() })
  .nullish()
  .transform((part) => ({ number: part?.chunkNumber ?? 0, isLast: part?.isLastChunk ?? true }));
