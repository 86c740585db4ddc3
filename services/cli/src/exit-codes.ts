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
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];
