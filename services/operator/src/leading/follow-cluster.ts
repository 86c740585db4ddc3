import { type BasePorts, backoffDelay } from '@kso/kit';
import type { LeaderElection } from '@kso/kube';

/** One way of several by which work comes from the cluster. */
export interface ClusterWatch {
  /** For the log. */
  readonly what: string;
  /** Until the term ends. May be run again, by the next term or after a fault. */
  run(term: AbortSignal): Promise<void>;
}

export type FollowPorts = Pick<BasePorts, 'clock' | 'logger'> & {
  /** Without it this process is the only one. */
  readonly leadership?: Pick<LeaderElection, 'run'>;
};

const backoff = { baseMs: 1000, maxMs: 60_000 };

/**
 * What one replica does for all, while it leads: all watches share the term, and all end with it. Never rejects: one that fails begins
 * again, and the others do not notice.
 */
export async function followCluster(
  watches: readonly ClusterWatch[],
  { clock, logger, leadership }: FollowPorts,
  signal: AbortSignal,
): Promise<void> {
  const untilTermEnds = async (watch: ClusterWatch, term: AbortSignal): Promise<void> => {
    for (let attempt = 1; !term.aborted; attempt += 1) {
      try {
        await watch.run(term);
        return;
      } catch (error) {
        if (term.aborted) return;
        logger.error({ err: error, what: watch.what, attempt }, 'following the cluster failed and begins again');
        await clock.sleep(backoffDelay(attempt, backoff), term).catch(() => undefined);
      }
    }
  };
  const work = async (term: AbortSignal): Promise<void> => {
    await Promise.all(watches.map((watch) => untilTermEnds(watch, term)));
  };
  try {
    await (leadership === undefined ? work(signal) : leadership.run(work, signal));
  } catch (error) {
    logger.error({ err: error }, 'the cluster is not followed any more');
  }
}
