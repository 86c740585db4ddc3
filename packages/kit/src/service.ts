/** What every `create…(config, ports)` returns. */
export interface Service {
  readonly name: string;
  /** Resolves when the service does its work; rejects with a KsoError when it cannot. */
  start(): Promise<void>;
  /** Stops taking work, finishes or hands back what runs, closes what it opened. Safe to call twice. */
  stop(): Promise<void>;
  /** Why the service is not ready, or undefined when it is. Cheap: called by the readiness probe. */
  notReady?(): string | undefined;
}
