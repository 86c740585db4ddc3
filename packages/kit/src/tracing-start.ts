import type { Logger } from './logger.ts';
import { noopTracer, type Tracer } from './tracing.ts';

export interface TracingOptions {
  readonly service: string;
  readonly env: NodeJS.ProcessEnv;
  readonly logger: Logger;
}

/**
 * The tracer of a process: `noopTracer` unless one of `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT`, `OTEL_EXPORTER_OTLP_ENDPOINT` or the charts'
 * `OTEL_COLLECTOR_SVC` (`host:port`) is set. Only then the OpenTelemetry packages are loaded. Tracing that cannot be set up never stops a service.
 */
export async function startTracing(options: TracingOptions): Promise<Tracer> {
  const url = tracesUrl(options.env);
  if (url === undefined || options.env['OTEL_SDK_DISABLED'] === 'true') return noopTracer;
  try {
    const { createOtelTracer } = await import('./tracing-otel.ts');
    return createOtelTracer({ ...options, url });
  } catch (error) {
    options.logger.error({ err: error }, 'tracing is off: it could not be set up');
    return noopTracer;
  }
}

/** Where spans are posted to (OTLP over HTTP), or undefined when nothing is configured. */
export function tracesUrl(env: NodeJS.ProcessEnv): string | undefined {
  if (env['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT']) return env['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'];
  const base = env['OTEL_EXPORTER_OTLP_ENDPOINT'];
  if (base) return `${base.replace(/\/+$/, '')}/v1/traces`;
  const collector = env['OTEL_COLLECTOR_SVC'];
  if (!collector) return undefined;
  const origin = collector.includes('://') ? collector : `http://${collector}`;
  // The charts name the gRPC port of the collector; its HTTP port is the next one by convention.
  return `${origin.replace(/:4317\/?$/, ':4318').replace(/\/+$/, '')}/v1/traces`;
}
