import type { JobQueue, JobRecord } from '@kso/queue';
import { postureScanKind } from '@kso/wire';
import { scanKey } from '../jobs/scan-request.ts';

const busyStates = ['waiting', 'delayed', 'active'] as const;
const mostListed = 1000;

/** Scans that wait or run, whichever way they came into the queue. */
export interface Scans {
  isBusy(scanId: string): Promise<boolean>;
  anyBusy(): Promise<boolean>;
  /** A user has asked for a scan here. */
  started(scanId: string): void;
  /** What a request without an id means: the scan that a user has started last, after a restart the newest that waits or runs. */
  latest(): Promise<string | undefined>;
  /** The job of a scan, if it still waits or runs. */
  find(scanId: string): Promise<JobRecord | undefined>;
}

export function createScans(queue: JobQueue): Scans {
  const busy = (): Promise<JobRecord[]> => queue.list({ kind: postureScanKind, states: busyStates, limit: mostListed });
  const find = async (scanId: string): Promise<JobRecord | undefined> => {
    const own = await queue.get(scanKey(scanId));
    if (own !== undefined) return busyStates.some((state) => state === own.state) ? own : undefined;
    // The operator names its jobs itself; the scan's id is in the payload.
    return (await busy()).find(({ payload }) => payload['scanId'] === scanId);
  };
  let started: string | undefined;
  return {
    started: (scanId) => {
      started = scanId;
    },
    latest: async () => {
      if (started !== undefined) return started;
      const scanId = (await busy()).at(-1)?.payload['scanId'];
      return typeof scanId === 'string' ? scanId : undefined;
    },
    find,
    isBusy: async (scanId) => (await find(scanId)) !== undefined,
    anyBusy: async () => (await busy()).length > 0,
  };
}
