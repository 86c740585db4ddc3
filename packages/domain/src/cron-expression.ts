/**
 * The dialect of cron that Kubernetes accepts in a CronJob: five fields or a macro, no seconds, no years, no `L`, `W`, `#`.
 * One dialect for our own scheduler and for the CronJobs that we write.
 */
export type CronExpression =
  | {
      readonly ok: true;
      /** Five fields without macros, `?` and open ranges. */
      readonly fields: string;
      /** The hour field is `*`: the schedule follows elapsed time instead of the wall clock. */
      readonly everyHour: boolean;
    }
  | { readonly ok: false; readonly reason: string };

interface Field {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  readonly words?: readonly string[];
}

const months = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
const weekdays = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];
const fields: readonly Field[] = [
  { name: 'minute', min: 0, max: 59 },
  { name: 'hour', min: 0, max: 23 },
  { name: 'day of month', min: 1, max: 31 },
  { name: 'month', min: 1, max: 12, words: months },
  { name: 'day of week', min: 0, max: 6, words: weekdays },
];

const macros: Readonly<Record<string, string>> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
};

const maxLength = 256;

/** Checks an expression and brings it to five plain fields. */
export function parseCronExpression(text: string): CronExpression {
  const trimmed = text.trim();
  if (trimmed.length > maxLength) return { ok: false, reason: `longer than ${maxLength} characters` };
  if (/^(CRON_)?TZ=/.test(trimmed))
    return { ok: false, reason: 'the time zone is a setting of its own, not part of the expression' };
  const macro = trimmed.toLowerCase();
  if (trimmed.startsWith('@') && !Object.hasOwn(macros, macro))
    return { ok: false, reason: `unknown macro ${trimmed}` };
  const parts = (Object.hasOwn(macros, macro) ? (macros[macro] ?? '') : trimmed).split(/\s+/);
  if (parts.length !== fields.length) {
    return {
      ok: false,
      reason: `expected 5 fields (minute hour day-of-month month day-of-week), found ${trimmed === '' ? 0 : parts.length}`,
    };
  }
  const plain: string[] = [];
  for (const [index, field] of fields.entries()) {
    const result = parseField(field, parts[index] ?? '');
    if ('reason' in result) return { ok: false, reason: `${field.name}: ${result.reason}` };
    plain.push(result.plain);
  }
  return { ok: true, fields: plain.join(' '), everyHour: plain[1] === '*' };
}

type FieldResult = { readonly plain: string } | { readonly reason: string };

function parseField(field: Field, text: string): FieldResult {
  const items: string[] = [];
  for (const item of text.split(',')) {
    const result = parseItem(field, item);
    if ('reason' in result) return result;
    items.push(result.plain);
  }
  return { plain: items.join(',') };
}

// A star with or without a step, `a`, `a-b`, `a-b/n`, `a/n` (from a to the end); `?` means a star as in Kubernetes.
function parseItem(field: Field, item: string): FieldResult {
  const groups = /^(?<range>\*|\?|(?<from>\w+)(?:-(?<to>\w+))?)(?:\/(?<step>\d+))?$/.exec(item)?.groups;
  if (groups === undefined) return { reason: `"${item}" is not understood` };
  const step = groups['step'] === undefined ? undefined : Number(groups['step']);
  if (step !== undefined && (step < 1 || step > field.max)) {
    return { reason: `the step of "${item}" is not between 1 and ${field.max}` };
  }
  const { from, to } = groups;
  if (from === undefined) return { plain: withStep('*', step === 1 ? undefined : step) };
  return parseRange(field, { item, from, to, step });
}

interface Range {
  readonly item: string;
  readonly from: string;
  readonly to: string | undefined;
  readonly step: number | undefined;
}

function parseRange(field: Field, { item, from, to, step }: Range): FieldResult {
  const first = valueOf(field, from);
  const last = to === undefined ? undefined : valueOf(field, to);
  if (first === undefined || (to !== undefined && last === undefined)) {
    return { reason: `"${item}" is not between ${field.min} and ${field.max}${hint(field, item)}` };
  }
  if (last !== undefined && last < first) return { reason: `"${item}" ends before it begins` };
  const end = last ?? (step === undefined ? undefined : field.max);
  return { plain: withStep(end === undefined ? String(first) : `${first}-${end}`, step) };
}

function withStep(range: string, step: number | undefined): string {
  return step === undefined ? range : `${range}/${step}`;
}

function valueOf(field: Field, text: string): number | undefined {
  const word = field.words?.indexOf(text.toUpperCase()) ?? -1;
  if (word >= 0) return word + field.min;
  const value = /^\d{1,2}$/.test(text) ? Number(text) : Number.NaN;
  return value >= field.min && value <= field.max ? value : undefined;
}

function hint(field: Field, item: string): string {
  if (field.words === weekdays && item.includes('7')) return ' (Sunday is 0 or SUN)';
  return field.words === undefined ? '' : ` nor one of ${field.words[0]} to ${field.words.at(-1)}`;
}
