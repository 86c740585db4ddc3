import type { Severity } from '@kso/domain';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import type { CliHost } from '../host.ts';
import type { ListenPorts } from '../options/values.ts';
export interface UpOptions {
  readonly manifests?: string;
  readonly context?: string;
  readonly kubeconfig?: string;
  readonly once?: boolean;
  readonly failOn?: Severity;
  readonly engines: boolean;
  readonly dataDir?: string;
  readonly port: number;
  readonly listen?: ListenPorts;
  readonly verbose?: boolean;
}
export async function up(_options: UpOptions, _host: CliHost): Promise<ExitCode> {
  return exitCodes.failed;
}
