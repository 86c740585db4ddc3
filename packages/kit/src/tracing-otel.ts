import { context, ROOT_CONTEXT, type Span, SpanKind, SpanStatusCode, TraceFlags, trace } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { NodeSDK } from '@opentelemetry/sdk-node';
import type { Logger } from './logger.ts';
import { validTraceparent } from './traceparent.ts';
import type { SpanAttributes, SpanOptions, Tracer } from './tracing.ts';

/**
 * The one module that imports OpenTelemetry; loaded by `startTracing` when an endpoint is configured and by nobody else.
 * Spans are made by hand at the edges of our services, so no instrumentation patches anything.
 */
export function createOtelTracer(options: {
  readonly service: string;
  /** Full URL that spans are posted to. */
  readonly url: string;
  readonly logger: Logger;
}): Tracer {
  const sdk = new NodeSDK({
    serviceName: options.service,
    traceExporter: new OTLPTraceExporter({ url: options.url, timeoutMillis: 3000 }),
    instrumentations: [],
    metricReaders: [],
    logRecordProcessors: [],
    autoDetectResources: false,
  });
  sdk.start();
  const tracer = trace.getTracer('kso');

  return {
    span: (name, spanOptions, fn) => {
      const parent = parentContext(spanOptions);
      const span = tracer.startSpan(name, { kind: kinds[spanOptions.kind ?? 'internal'] }, parent);
      setAttributes(span, spanOptions.attributes);
      return context.with(trace.setSpan(parent, span), () => runIn(span, fn));
    },
    current: () => {
      const current = trace.getSpanContext(context.active());
      return current === undefined ? undefined : traceparentOf(current);
    },
    annotate: (attributes) => {
      const span = trace.getActiveSpan();
      if (span !== undefined) setAttributes(span, attributes);
    },
    shutdown: async () => {
      try {
        await sdk.shutdown();
      } catch (error) {
        options.logger.warn({ err: error }, 'the last spans could not be sent');
      }
    },
  };
}

const kinds: Readonly<Record<NonNullable<SpanOptions['kind']>, SpanKind>> = {
  internal: SpanKind.INTERNAL,
  server: SpanKind.SERVER,
  client: SpanKind.CLIENT,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
};

/** The remote parent if one is given, else the span that is running. */
function parentContext({ parent }: SpanOptions) {
  const known = validTraceparent(parent);
  if (known === undefined) return context.active();
  const [, traceId = '', spanId = '', flags = '00'] = known.split('-');
  return trace.setSpanContext(ROOT_CONTEXT, {
    traceId,
    spanId,
    traceFlags: Number.parseInt(flags, 16),
    isRemote: true,
  });
}

async function runIn<T>(span: Span, fn: () => Promise<T>): Promise<T> {
  try {
    return await fn();
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    // Name and message only: a stack holds paths of this machine.
    span.recordException({ name: error instanceof Error ? error.name : 'Error', message });
    span.setStatus({ code: SpanStatusCode.ERROR, message });
    throw error;
  } finally {
    span.end();
  }
}

function setAttributes(span: Span, attributes: SpanAttributes | undefined): void {
  for (const [key, value] of Object.entries(attributes ?? {})) {
    if (value !== undefined) span.setAttribute(key, value);
  }
}

function traceparentOf(span: { traceId: string; spanId: string; traceFlags: number }): string {
  return `00-${span.traceId}-${span.spanId}-${(span.traceFlags & TraceFlags.SAMPLED).toString(16).padStart(2, '0')}`;
}
