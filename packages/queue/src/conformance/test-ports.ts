import { type BasePorts, createLogger, createMetrics, noopTracer, systemClock } from '@kso/kit';

// Apart from the harness, because the worker process has no test runner to import.

export function testPorts(overrides: Partial<BasePorts> = {}): BasePorts {
  return {
    logger: createLogger({ service: 'test', level: 'silent' }),
    metrics: createMetrics(),
    tracer: noopTracer,
    clock: systemClock,
    ...overrides,
  };
}

/** Rejects when the signal aborts: what a well-behaved handler does. */
export function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const stop = () => reject(signal.reason instanceof Error ? signal.reason : new Error('aborted'));
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
}
