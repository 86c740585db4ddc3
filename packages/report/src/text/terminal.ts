import type { Severity } from '@kso/domain';

/** What the place can show where a table goes. */
export interface Terminal {
  /** Columns; undefined when it is no terminal: then nothing is wrapped, one row is one line. */
  readonly width?: number;
  readonly color: boolean;
}

export type Style = Severity | 'title' | 'head' | 'faint' | 'good' | 'bad';

const codes: Readonly<Record<Style, string>> = {
  Critical: '1;35',
  High: '31',
  Medium: '33',
  Low: '36',
  Negligible: '2',
  Unknown: '2',
  title: '1',
  head: '2',
  faint: '2',
  good: '32',
  bad: '31',
};

/** A terminal that says it is narrower does not know, or nothing can be shown in it. */
const narrowest = 20;

/** Colour only on a terminal that is not `dumb`, and never when `NO_COLOR` is set (no-color.org). */
export function terminalOf(
  stream: { readonly isTTY?: boolean; readonly columns?: number },
  env: Readonly<Record<string, string | undefined>>,
): Terminal {
  if (stream.isTTY !== true) return { color: false };
  const noColor = env['NO_COLOR'];
  const color = (noColor === undefined || noColor === '') && env['TERM'] !== 'dumb';
  return { color, width: Math.max(narrowest, stream.columns ?? 80) };
}

/** Paints a text that has been cut and padded already. */
export type Paint = (style: Style | undefined, text: string) => string;

export function painterFor(terminal: Terminal): Paint {
  if (!terminal.color) return (_style, text) => text;
  return (style, text) => (style === undefined || text === '' ? text : `\u001b[${codes[style]}m${text}\u001b[0m`);
}
