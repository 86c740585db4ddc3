import { z } from 'zod';
import { maxTimerMs } from '../clock.ts';
import { Secret } from '../secret.ts';
import { parseByteSize, parseDuration, parseHostPort } from './units.ts';

/** Builders for fields of a service's schema. Text comes in, a typed value comes out; defaults are given as typed values. */

/** `30s`, `1h30m`, `7d` → milliseconds. Numbers are refused: nobody knows their unit. */
export function duration() {
  return z.string('a duration with its unit, such as 30s or 1h30m').transform((text, context): number => {
    const ms = parseDuration(text);
    if (ms !== undefined) return ms;
    context.addIssue({ code: 'custom', message: 'not a duration; write it with its unit, such as 30s or 1h30m' });
    return z.NEVER;
  });
}

/** A `duration` for a timer: more than 0, which would be a hot loop, and not more than Node's timers hold. */
export function timerDuration() {
  return duration().refine((ms) => ms > 0 && ms <= maxTimerMs, 'expected more than 0 and not more than 24 days');
}

/** `512Mi`, `1G` or a number → bytes. */
export function byteSize() {
  return z.union([z.string(), z.number().int().nonnegative()]).transform((value, context): number => {
    const bytes = typeof value === 'number' ? value : parseByteSize(value);
    if (bytes !== undefined) return bytes;
    context.addIssue({ code: 'custom', message: 'not a size; write bytes or 512Mi, 1G' });
    return z.NEVER;
  });
}

/**
 * A value that is redacted everywhere. Besides its own variable it can be given by `<NAME>_FILE`, the path of a file that holds it.
 * Surrounding white space is dropped, as files end with a newline.
 */
export function secret() {
  return z
    .union([z.instanceof(Secret), z.string()], 'expected text')
    .transform((value) => (value instanceof Secret ? value : new Secret(value.trim())))
    .meta({ [secretMark]: true });
}

/** Key of the schema metadata by which secrets are found. */
export const secretMark = 'ksoSecret';

/** Five fields or a macro such as `@daily`. Only the form is checked here; whether it ever matches is for `@kso/domain`'s schedules. */
export function cronExpression() {
  return z
    .string()
    .trim()
    .regex(
      /^(@(yearly|annually|monthly|weekly|daily|midnight|hourly)|[\dA-Za-z*,/?#-]+(\s+[\dA-Za-z*,/?#-]+){4})$/,
      'not a cron expression with five fields, such as 0 8 * * *',
    );
}

/** `gateway:8002` → `{ host, port }`. */
export function hostPort() {
  return z.string('expected host:port').transform((text, context) => {
    const parsed = parseHostPort(text);
    if (parsed !== undefined) return parsed;
    context.addIssue({ code: 'custom', message: 'not host:port' });
    return z.NEVER;
  });
}

/** 0 (any free port) to 65535; also as text. */
export function port() {
  return z.coerce
    .number('expected a port')
    .int('expected a port')
    .min(0, 'expected a port')
    .max(65_535, 'expected a port');
}

/** An `http:` or `https:` URL without user and password; a trailing slash is dropped, so that paths can be appended. */
export function httpUrl() {
  return z.string('expected an http or https URL').transform((text, context) => {
    const parsed = URL.parse(text);
    if (parsed === null || !['http:', 'https:'].includes(parsed.protocol)) {
      context.addIssue({ code: 'custom', message: 'not an http or https URL' });
      return z.NEVER;
    }
    if (parsed.username !== '' || parsed.password !== '') {
      context.addIssue({ code: 'custom', message: 'a URL must not carry user and password' });
      return z.NEVER;
    }
    return text.trim().replace(/\/+$/, '');
  });
}
