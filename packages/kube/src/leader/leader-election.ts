import type { BasePorts } from '@kso/kit';
import type { KubeClient } from '../client.ts';
import { createLeaseLock, type Lease, type LeaseAnswer } from './lease.ts';

export interface LeaderElectionOptions {
  readonly namespace: string;
  /** Of the Lease; whoever names the same one competes. */
  readonly name: string;
  /** One for each process that ever runs: the pod's name, and something random where there is none. */
  readonly identity: string;
  /** How long a leader that went silent keeps the others waiting. */
  readonly durationMs?: number;
  /** A leader that could not renew for so long steps down. Less than `durationMs`, so that it has ended before another begins. */
  readonly renewDeadlineMs?: number;
  /** Between two renewals, and between two tries of the others. */
  readonly retryMs?: number;
}

export type LeaderElectionPorts = Pick<BasePorts, 'clock' | 'logger' | 'metrics'> & {
  readonly client: Pick<KubeClient, 'get' | 'writer'>;
  /** 0 ≤ x < 1; `Math.random` by default. */
  readonly random?: () => number;
};

export interface LeaderElection {
  readonly isLeader: boolean;
  /**
   * Runs `lead` whenever this process leads, until `signal` aborts; then gives the Lease back, so that another one need not wait.
   * `lead` is to end when its own signal aborts: nobody else leads before it has, unless it takes longer than the margin between
   * `renewDeadlineMs` and `durationMs`. Rejects if `lead` does.
   */
  run(lead: (signal: AbortSignal) => Promise<void>, signal: AbortSignal): Promise<void>;
}

/**
 * Leader election over a Lease, as `client-go` does it: a holder renews, a candidate takes over what has not been renewed for as
 * long as it says, counted from when the candidate saw it, so that clocks need not agree. Rights: `get`, `create`, `update` on the Lease.
 */
export function createLeaderElection(options: LeaderElectionOptions, ports: LeaderElectionPorts): LeaderElection {
  const { identity, name, durationMs = 15_000, renewDeadlineMs = 10_000, retryMs = 2000 } = options;
  const { clock, random = Math.random } = ports;
  const logger = ports.logger.child({ lease: name });
  const lock = createLeaseLock(ports.client, options);
  const gauge = ports.metrics.gauge({ name: 'kso_leader', help: 'Whether this process leads', labelNames: ['lease'] });
  let isLeader = false;
  let known: Lease | undefined;
  /** When this process saw the Lease as it is. */
  let seenAt = 0;
  let complaint: string | undefined;

  const lead = (leads: boolean) => {
    isLeader = leads;
    gauge.set({ lease: name }, leads ? 1 : 0);
  };
  const remember = (lease: Lease) => {
    if (lease.renewTime !== known?.renewTime || lease.holder !== known.holder) seenAt = clock.now();
    known = lease;
  };
  /** Once for each reason, not each time. */
  const complain = (detail: string | undefined) => {
    if (detail !== undefined && detail !== complaint) logger.warn({ detail }, 'the Lease cannot be had');
    complaint = detail;
  };
  const claim = (before: Lease | undefined, holder: string, signal: AbortSignal) =>
    lock.claim(before, { holder, nowMs: clock.now(), durationMs }, signal);

  /** One try; true if the Lease is ours now. */
  const acquire = async (signal: AbortSignal): Promise<boolean> => {
    const found = await lock.read(signal);
    if (found.outcome === 'refused') {
      complain(found.detail);
      return false;
    }
    if (found.outcome === 'found') {
      remember(found.lease);
      const { holder } = found.lease;
      const isFree = holder === '' || holder === identity || clock.now() - seenAt >= found.lease.durationMs;
      if (!isFree) return false;
    }
    return isOurs(await claim(found.outcome === 'found' ? found.lease : undefined, identity, signal));
  };

  const isOurs = (answer: LeaseAnswer): boolean => {
    complain(answer.outcome === 'refused' ? answer.detail : undefined);
    if (answer.outcome === 'found') remember(answer.lease);
    return answer.outcome === 'found' && answer.lease.holder === identity;
  };

  const attempt = async (tryIt: () => Promise<boolean>, signal: AbortSignal): Promise<boolean> => {
    try {
      return await tryIt();
    } catch (error) {
      if (!signal.aborted) logger.warn({ err: error }, 'the Lease cannot be had');
      return false;
    }
  };

  /** Renews until that has failed for too long, or the Lease is another's. */
  const hold = async (signal: AbortSignal): Promise<void> => {
    let renewedAt = clock.now();
    while (!signal.aborted) {
      if (!(await pause(retryMs, signal))) return;
      const deadline = new AbortController();
      const left = renewedAt + renewDeadlineMs - clock.now();
      const limit = AbortSignal.any([signal, deadline.signal]);
      // A request that hangs must not keep a leader in office.
      void clock.sleep(Math.max(0, left), limit).then(
        () => deadline.abort(),
        () => {},
      );
      const isRenewed = await attempt(() => acquire(limit), limit);
      const isLate = deadline.signal.aborted;
      deadline.abort();
      if (isRenewed) renewedAt = clock.now();
      else if (isLate || clock.now() - renewedAt >= renewDeadlineMs || known?.holder !== identity) return;
    }
  };

  /** False if the signal aborted. */
  const pause = async (ms: number, signal: AbortSignal): Promise<boolean> => {
    try {
      await clock.sleep(ms, signal);
      return true;
    } catch {
      return false;
    }
  };

  const release = async (): Promise<void> => {
    if (known?.holder !== identity) return;
    // The process may be about to end: once, and not for long.
    const limit = AbortSignal.timeout(2000);
    await attempt(async () => isOurs(await claim(known, '', limit)), limit);
  };

  return {
    get isLeader() {
      return isLeader;
    },
    run: async (work, signal) => {
      lead(false);
      while (!signal.aborted) {
        if (!(await attempt(() => acquire(signal), signal))) {
          await pause(retryMs * (1 + 0.2 * random()), signal);
          continue;
        }
        lead(true);
        logger.info('this process leads');
        const term = new AbortController();
        const holding = hold(AbortSignal.any([signal, term.signal])).finally(() => term.abort());
        try {
          await work(AbortSignal.any([signal, term.signal]));
        } finally {
          term.abort();
          await holding;
          lead(false);
          logger.info('this process does not lead any more');
          await release();
        }
      }
    },
  };
}
