import type { Clock } from '@kso/kit';
import type { Session } from '../scan/session.ts';

/** Waits for exceptions to expire, which is a change without an event. */
export interface ExpiryWatch {
  /** Follows the exceptions of this session as they are now, and no others. */
  follow(session: Session): void;
  stop(): void;
}

/** Timers hold no more than 24 days: what is further away is looked at again every day. */
const longestWaitMs = 24 * 60 * 60 * 1000;

/** `expire` is called when the next exception has expired; the one after it is waited for when that is done. */
export function createExpiryWatch(clock: Clock, expire: (session: Session) => Promise<void>): ExpiryWatch {
  let following = new AbortController();
  const wait = async (session: Session, signal: AbortSignal): Promise<void> => {
    const { engine } = session;
    while (engine.nextExpiry !== undefined && !signal.aborted) {
      await clock.sleep(Math.min(Math.max(0, engine.nextExpiry - clock.now()), longestWaitMs), signal);
      await expire(session);
    }
  };
  return {
    follow: (session) => {
      following.abort();
      following = new AbortController();
      wait(session, following.signal).catch(() => undefined);
    },
    stop: () => following.abort(),
  };
}
