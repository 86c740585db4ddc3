import type { SbomEngine, VulnerabilityMatcher } from '@kso/engines';

/** Runs so many at a time and lets the others wait, first come, first served. */
export interface Gate {
  /** Undefined when `signal` aborts before the turn has come. */
  run<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T | undefined>;
}

export function createGate(limit: number): Gate {
  let free = limit;
  const waiting = new Set<() => void>();
  const turn = (signal: AbortSignal | undefined): Promise<boolean> => {
    if (signal?.aborted === true) return Promise.resolve(false);
    if (free > 0) {
      free -= 1;
      return Promise.resolve(true);
    }
    return new Promise((resolve) => {
      const leave = () => {
        waiting.delete(enter);
        resolve(false);
      };
      const enter = () => {
        signal?.removeEventListener('abort', leave);
        resolve(true);
      };
      waiting.add(enter);
      signal?.addEventListener('abort', leave, { once: true });
    });
  };
  const handOn = () => {
    const [next] = waiting;
    if (next === undefined) free += 1;
    else {
      waiting.delete(next);
      next();
    }
  };
  return {
    run: async (work, signal) => {
      if (!(await turn(signal))) return undefined;
      try {
        return await work();
      } finally {
        handOn();
      }
    },
  };
}

/** At most `limit` processes of the engine at a time. */
export function boundedSboms(engine: SbomEngine, limit: number): SbomEngine {
  const gate = createGate(limit);
  return {
    status: () => engine.status(),
    create: async (request, signal) =>
      (await gate.run(() => engine.create(request, signal), signal)) ?? { outcome: 'cancelled' },
  };
}

/** At most `limit` processes of the engine at a time. */
export function boundedMatches(matcher: VulnerabilityMatcher, limit: number): VulnerabilityMatcher {
  const gate = createGate(limit);
  return {
    mode: matcher.mode,
    database: matcher.database,
    status: () => matcher.status(),
    match: async (request, signal) =>
      (await gate.run(() => matcher.match(request, signal), signal)) ?? { outcome: 'cancelled' },
  };
}
