import type { Severity } from '@kso/domain';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import type { CliHost } from '../host.ts';

export interface ScanImageOptions {
  readonly format: 'table' | 'json';
  readonly failOn?: Severity;
  readonly output?: string;
  readonly platform?: string;
}
export async function scanImage(_reference: string, _options: ScanImageOptions, _host: CliHost): Promise<ExitCode> {
  return exitCodes.failed;
}
