import { type BasePorts, type Clock, createLogger, createMetrics, noopTracer } from '@kso/kit';

/** Time that passes by sleeping and by nothing else. */
export interface FakeClock extends Clock {
  readonly slept: readonly number[];
  advance(ms: number): void;
}

export function fakeClock(start: number): FakeClock {
  let now = start;
  const slept: number[] = [];
  return {
    slept,
    now: () => now,
    advance: (ms) => {
      now += ms;
    },
    sleep: async (ms, signal) => {
      signal?.throwIfAborted();
      slept.push(ms);
      now += ms;
      // Lets everything else run, as real time would.
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

export function testPorts(clock: Clock): BasePorts & { readonly lines: Record<string, unknown>[] } {
  const lines: Record<string, unknown>[] = [];
  const write = (line: string) => lines.push(JSON.parse(line) as Record<string, unknown>);
  const logger = createLogger({ service: 'scheduler', level: 'debug', destination: { write } });
  return { lines, logger, metrics: createMetrics(), tracer: noopTracer, clock };
}
