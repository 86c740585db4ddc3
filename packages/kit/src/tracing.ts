/**
 * Tracing as the services see it. The OpenTelemetry packages are loaded only when an OTLP endpoint is configured
 * (they cost 50 MB); otherwise `noopTracer` runs the function and nothing else.
 */
export interface Tracer {
  /** Runs `fn` in a span; an error is recorded and thrown on. Spans nest by async context. */
  span<T>(name: string, options: SpanOptions, fn: () => Promise<T>): Promise<T>;
  /** The W3C `traceparent` of the current span, to be carried in a job, a header or an outbox row. */
  current(): string | undefined;
  /** Adds attributes to the current span, if there is one. */
  annotate?(attributes: SpanAttributes): void;
  /** Sends what is buffered and stops. */
  shutdown(): Promise<void>;
}

export interface SpanOptions {
  readonly kind?: 'internal' | 'server' | 'client' | 'producer' | 'consumer';
  /** `traceparent` of the parent, when it comes from outside of this process or from a queue. */
  readonly parent?: string | undefined;
  readonly attributes?: SpanAttributes;
}

export type SpanAttributes = Readonly<Record<string, string | number | boolean | undefined>>;

export const noopTracer: Tracer = {
  span: (_name, _options, fn) => fn(),
  current: () => undefined,
  shutdown: () => Promise.resolve(),
};
