/** Where reports go. The account and the key are optional: an endpoint without accounts takes neither. */
export interface CloudEndpointTarget {
  /** e.g. `http://cloud-endpoint:8090`; kept as written, `http://` included. */
  readonly url: string;
  /** Sent as `customerGUID`. */
  readonly account?: string;
  /** Sent as `X-API-KEY`; never logged. */
  readonly accessKey?: string;
}

/** Takes entries from an outbox and posts them until they are delivered or found undeliverable. */
export interface Poster {
  start(): void;
  /** Looks at the outbox now instead of at the next tick: call it after `put`. */
  wake(): void;
  /** Finishes requests under way and stops; what is queued stays queued. */
  stop(): Promise<void>;
  /**
   * Resolves when nothing is due any more or the signal aborts. What waits for its next try, or for an endpoint that takes nothing at
   * present, is not due: `outbox.stats().queued` tells whether everything was delivered.
   */
  idle(signal?: AbortSignal): Promise<void>;
}
