/** What both adapters can be told; everything has a default. Times in ms. */
export interface QueueSettings {
  /** Largest payload of a job as JSON; default 1 MiB. */
  readonly maxPayloadBytes?: number;
  /** Largest result or progress of a job as JSON; default 1 MiB. */
  readonly maxResultBytes?: number;
  /** Ended jobs and complete parents are kept so many and so long, whichever is less; default 10,000 and 7 days. */
  readonly keepEnded?: { readonly count?: number; readonly ageMs?: number };
  /** A parent that is not complete is given up (with a warning) after this; default 30 days. */
  readonly abandonParentAfterMs?: number;
  /** How often a job may be started again after its worker process died, before it fails as `JOB_STALLED`; default 3. */
  readonly maxStalls?: number;
  /** No wait before a retry is longer; default 5 min. */
  readonly maxBackoffMs?: number;
  /** How long a handler that was aborted at shutdown may take to return before its job is handed back anyway; default 2 s. */
  readonly abortGraceMs?: number;
  /** Between two rounds of expiry, retention and gauges; default 5 s. */
  readonly maintenanceMs?: number;
}

export interface ResolvedSettings {
  readonly maxPayloadBytes: number;
  readonly maxResultBytes: number;
  readonly keepCount: number;
  readonly keepAgeMs: number;
  readonly abandonParentAfterMs: number;
  readonly maxStalls: number;
  readonly maxBackoffMs: number;
  readonly abortGraceMs: number;
  readonly maintenanceMs: number;
}

const day = 24 * 60 * 60 * 1000;

export function resolveSettings(settings: QueueSettings): ResolvedSettings {
  return {
    maxPayloadBytes: settings.maxPayloadBytes ?? 1024 * 1024,
    maxResultBytes: settings.maxResultBytes ?? 1024 * 1024,
    keepCount: settings.keepEnded?.count ?? 10_000,
    keepAgeMs: settings.keepEnded?.ageMs ?? 7 * day,
    abandonParentAfterMs: settings.abandonParentAfterMs ?? 30 * day,
    maxStalls: settings.maxStalls ?? 3,
    maxBackoffMs: settings.maxBackoffMs ?? 5 * 60 * 1000,
    abortGraceMs: settings.abortGraceMs ?? 2000,
    maintenanceMs: settings.maintenanceMs ?? 5000,
  };
}
