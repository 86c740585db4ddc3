import type { Logger } from '@kso/kit';
import type { Readiness } from './prerequisites.ts';

export interface DatabaseAgeOptions {
  readonly staleAfterMs: number;
  readonly now: () => number;
  readonly logger: Logger;
  /** After each look: whether there is no database that is new enough. */
  readonly onLook: (stale: boolean) => void;
}

export interface DatabaseAgeAlarm {
  look(readiness: Readiness): void;
}

const repeatMs = 24 * 60 * 60 * 1000;

/** Says so, once a day, when the database grows too old: findings of new vulnerabilities are missing, and nothing else looks wrong. */
export function createDatabaseAgeAlarm({ staleAfterMs, now, logger, onLook }: DatabaseAgeOptions): DatabaseAgeAlarm {
  let warnedAt: number | undefined;
  return {
    look: (readiness) => {
      if (readiness.state !== 'ready') {
        onLook(true);
        return;
      }
      // A sample is not the world's advisories, of whatever age.
      const { built, sample } = readiness.database;
      const ageMs = now() - built;
      const stale = !sample && ageMs > staleAfterMs;
      onLook(stale);
      if (!stale) {
        warnedAt = undefined;
      } else if (warnedAt === undefined || now() - warnedAt >= repeatMs) {
        warnedAt = now();
        logger.warn(
          { databaseBuilt: new Date(built).toISOString(), ageSeconds: Math.floor(ageMs / 1000) },
          'the vulnerability database is too old; new vulnerabilities are not found',
        );
      }
    },
  };
}
