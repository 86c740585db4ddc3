/** Times in milliseconds. */
export interface ReflectorSettings {
  /** Objects per page. */
  readonly pageSize: number;
  /** Waits after failures are doubled from `baseMs` to `maxMs`, with full jitter. */
  readonly backoff: { readonly baseMs: number; readonly maxMs: number };
  /** A watch that lived this long was healthy: only then the next failure counts as the first again (B34). */
  readonly healthyAfterMs: number;
  /** Without an event or a bookmark for this long a watch is given up. API servers send a bookmark each minute. */
  readonly livenessMs: number;
  /** How often a kind is tried again that we may not read or that is not served. */
  readonly slowRetryMs: number;
  /** The server is asked to end each watch after this time, up to twice as long by chance. */
  readonly watchTimeoutMs: number;
}

export const defaultReflectorSettings: ReflectorSettings = {
  pageSize: 500,
  backoff: { baseMs: 1000, maxMs: 30_000 },
  healthyAfterMs: 60_000,
  livenessMs: 150_000,
  slowRetryMs: 5 * 60_000,
  watchTimeoutMs: 5 * 60_000,
};
