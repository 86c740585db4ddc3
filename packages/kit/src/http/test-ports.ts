import { systemClock } from '../clock.ts';
import { createLogger } from '../logger.ts';
import { createMetrics } from '../metrics.ts';
import type { BasePorts } from '../ports.ts';
import { noopTracer } from '../tracing.ts';

/** Ports for this package's own tests, which cannot use the testkit; the log lines are kept. */
export function testPorts(): BasePorts & { readonly lines: Record<string, unknown>[] } {
  const lines: Record<string, unknown>[] = [];
  const write = (line: string) => lines.push(JSON.parse(line) as Record<string, unknown>);
  return {
    lines,
    logger: createLogger({ service: 'test', level: 'debug', destination: { write } }),
    metrics: createMetrics(),
    tracer: noopTracer,
    clock: systemClock,
  };
}
