import { type BasePorts, describeError } from '@kso/kit';
import type { Expectations, Readiness } from './prerequisites.ts';

export interface WatcherOptions extends Pick<BasePorts, 'clock' | 'logger'> {
  readonly look: (expected: Readonly<Expectations>) => Promise<Readiness>;
  readonly expected: Expectations;
  readonly everyMs: number;
  /** Called after each look whose answer differs from the one before; again after the next look when it rejects. */
  readonly onChange: (now: Readiness) => Promise<void>;
}

/** Keeps looking whether engines and database are there: programs get installed and databases updated while the service runs. */
export interface PrerequisiteWatcher {
  readonly current: Readiness | undefined;
  /** Resolves after the first look. */
  start(): Promise<void>;
  /** Looks now. */
  check(): Promise<Readiness>;
  expect(change: Partial<Expectations>): Promise<void>;
  stop(): Promise<void>;
}

export function createPrerequisiteWatcher(options: WatcherOptions): PrerequisiteWatcher {
  const { clock, logger, everyMs } = options;
  const expected: Expectations = { ...options.expected };
  const stopping = new AbortController();
  let current: Readiness | undefined;
  let told: string | undefined;
  let looking: Promise<unknown> = Promise.resolve();
  let loop: Promise<void> | undefined;

  const look = async (): Promise<Readiness> => {
    const found = await options.look(expected);
    current = found;
    if (told !== signature(found)) await options.onChange(found);
    // Not before: a change that could not be told is told again at the next look.
    told = signature(found);
    return found;
  };

  /** One after the other: an older answer must not overwrite a newer one. */
  const check = (): Promise<Readiness> => {
    const next = looking.then(look, look);
    looking = next.catch(() => undefined);
    return next;
  };

  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      try {
        await clock.sleep(everyMs, stopping.signal);
        await check();
      } catch (error) {
        if (stopping.signal.aborted) return;
        logger.warn({ problem: describeError(error) }, 'engines could not be looked at');
      }
    }
  };

  return {
    get current() {
      return current;
    },
    start: async () => {
      await check();
      loop = run();
    },
    check,
    expect: async (change) => {
      Object.assign(expected, change);
      await check();
    },
    stop: async () => {
      stopping.abort();
      await loop;
      await looking;
    },
  };
}

function signature(readiness: Readiness): string {
  if (readiness.state !== 'ready') return `${readiness.state} ${readiness.reason}`;
  return `ready ${readiness.database.digest} ${readiness.matcherVersion}`;
}
