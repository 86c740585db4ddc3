/** When each schedule was last handled: what makes a restart neither lose nor repeat a run. */
export interface LastRuns {
  /** Epoch milliseconds of the planned time (not of the moment it ran), or undefined for a schedule that is new. */
  get(schedule: string): number | undefined;
  /** Kept before this returns. */
  set(schedule: string, plannedAt: number): void;
  /** A schedule that is gone; one of its name that comes later is a new one. */
  delete(schedule: string): void;
}

/** For tests, and where nothing has to outlive the process. */
export function memoryLastRuns(): LastRuns {
  const runs = new Map<string, number>();
  return {
    get: (schedule) => runs.get(schedule),
    set: (schedule, plannedAt) => void runs.set(schedule, plannedAt),
    delete: (schedule) => void runs.delete(schedule),
  };
}
