import { statSync } from 'node:fs';
import { extname } from 'node:path';
import { formatExtensions } from '@kso/report/formats';
import { fail } from '../errors.ts';
import { type CliHost, userPath } from '../host.ts';

export const scanFormats = ['table', ...Object.keys(formatExtensions)] as readonly ScanFormat[];
export type ScanFormat = 'table' | keyof typeof formatExtensions;

/** Where one form of the result goes; without a file to standard output. */
export interface ScanOutput {
  readonly format: ScanFormat;
  readonly file?: string;
}

/**
 * One format goes to standard output, or to the file of `--output`. Of several, a table goes to standard output and each of the
 * others to a file of that name with the ending of its format; an ending that belongs to one of them is taken off first.
 * @throws CONFLICTING_OPTIONS, BAD_VALUE
 */
export function scanOutputs(formats: readonly ScanFormat[], output: string | undefined, host: CliHost): ScanOutput[] {
  const distinct = [...new Set(formats)];
  const [only] = distinct;
  if (distinct.length === 1 && only !== undefined) {
    return [output === undefined ? { format: only } : { format: only, file: fileFor(only, output, host) }];
  }
  const files = distinct.filter((format) => format !== 'table');
  if (output === undefined && files.length > 1)
    throw fail('BAD_VALUE', { option: '--format', problem: `several formats need --output: ${files.join(', ')}` });
  const stem = output === undefined ? undefined : withoutEnding(output);
  return distinct.map((format): ScanOutput => {
    // A table is for people: it is shown although the others are written.
    if (format === 'table' && stem !== undefined) return { format };
    if (stem === undefined) {
      if (format !== 'table')
        throw fail('BAD_VALUE', { option: '--format', problem: `${format} beside a table needs --output` });
      return { format };
    }
    return { format, file: `${stem}${endingOf(format)}` };
  });
}

function endingOf(format: ScanFormat): string {
  return format === 'table' ? '.txt' : formatExtensions[format];
}

/** The name as it is written; without any ending that of the format is added, as the existing product does. */
function fileFor(format: ScanFormat, output: string, host: CliHost): string {
  return extname(output) !== '' || isDevice(userPath(host, output)) ? output : `${output}${endingOf(format)}`;
}

/** `/dev/stdout`, a pipe: written as it is named. */
function isDevice(file: string): boolean {
  const found = statSync(file, { throwIfNoEntry: false });
  return found !== undefined && !found.isFile() && !found.isDirectory();
}

function withoutEnding(output: string): string {
  const ending = extname(output);
  const known: readonly string[] = ['.txt', ...Object.values(formatExtensions)];
  return known.includes(ending) ? output.slice(0, -ending.length) : output;
}
