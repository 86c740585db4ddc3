import type { Clock } from '@kso/kit';

export interface LifecyclePorts {
  readonly env: NodeJS.ProcessEnv;
  readonly clock: Clock;
  /** A line for people on standard output or standard error; never with a secret in it. */
  readonly print: (line: string) => void;
  readonly complain: (line: string) => void;
}
