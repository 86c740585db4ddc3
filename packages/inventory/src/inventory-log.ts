import { appendFileSync, closeSync, openSync } from 'node:fs';
import { createLogger, type Logger } from '@kso/kit';
import type { InventoryConfig } from './config/schema.ts';
import { fail } from './errors.ts';

/** Counted `-v`: 1 is `info`, more is `debug`. Together with `log.level` it is a contradiction. @throws INVENTORY_CONFIG_INVALID */
export function inventoryLogger(
  config: Pick<InventoryConfig, 'quiet' | 'log'>,
  verbosity: number,
  console: (line: string) => void,
): { readonly logger: Logger; close(): void } {
  const { level, file, structured } = config.log;
  if (verbosity > 0 && level !== '')
    throw fail('INVENTORY_CONFIG_INVALID', { problems: ['log.level: not together with -v'] });
  const chosen = verbosity > 1 ? 'debug' : level || 'info';
  const descriptor = file === '' ? undefined : openLog(file);
  const toConsole = descriptor === undefined || verbosity > 0;
  const write = (record: string): void => {
    const line = structured ? structuredLine(record) : textLine(record);
    if (descriptor !== undefined) appendFileSync(descriptor, line);
    if (toConsole && !config.quiet) console(line);
  };
  // A file is written also when the console shall be quiet.
  const isSilent = config.quiet && descriptor === undefined;
  return {
    logger: createLogger({ service: 'inventory', level: isSilent ? 'silent' : chosen, destination: { write } }),
    close: () => {
      if (descriptor !== undefined) closeSync(descriptor);
    },
  };
}

function openLog(file: string): number {
  try {
    return openSync(file, 'a', 0o644);
  } catch {
    throw fail('INVENTORY_FILE_UNUSABLE', { file, problem: 'the log cannot be written' });
  }
}

type Line = Readonly<Record<string, unknown>> & {
  readonly level: string;
  readonly time: string;
  readonly msg?: string;
};

/** `[2026-11-30 12:00:00] WARN the message key=value` */
function textLine(record: string): string {
  const { level, time, msg = '', service: _service, ...fields } = JSON.parse(record) as Line;
  const pairs = Object.entries(fields).map(([key, value]) => ` ${key}=${JSON.stringify(value)}`);
  return `[${stamp(time)}] ${level.toUpperCase()} ${msg}${pairs.join('')}\n`;
}

function structuredLine(record: string): string {
  const { level, time, msg = '', ...fields } = JSON.parse(record) as Line;
  return `${JSON.stringify({ level, msg, time: stamp(time), ...fields })}\n`;
}

function stamp(time: string): string {
  return time.slice(0, 19).replace('T', ' ');
}
