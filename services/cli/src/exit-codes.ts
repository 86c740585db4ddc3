/** What the exit status of `kso` says; scripts rely on it (docs/cli.md). */
export const exitCodes = {
  ok: 0,
  /** Something at or above the threshold of `--fail-on` was found. */
  thresholdMet: 1,
  /** The command line is wrong, or what it names cannot be read or holds nothing to scan. */
  usage: 2,
  /** Nothing could be evaluated, or something that the scan needs failed. */
  failed: 3,
  /** Ended by Ctrl-C. */
  interrupted: 130,
  /** Ended by SIGTERM, by which whoever runs programs knows that it was he who ended this one. */
  terminated: 143,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** Why a run is ended from outside; the reason of `CliHost.signal`. */
export class Interruption extends Error {
  override readonly name = 'Interruption';
  readonly exitCode: ExitCode;

  constructor(signal: 'SIGINT' | 'SIGTERM') {
    super('interrupted');
    this.exitCode = signal === 'SIGTERM' ? exitCodes.terminated : exitCodes.interrupted;
  }
}

/** The exit status of a run whose signal has been aborted. */
export function interruptedStatus(signal: AbortSignal): ExitCode {
  return signal.reason instanceof Interruption ? signal.reason.exitCode : exitCodes.interrupted;
}
