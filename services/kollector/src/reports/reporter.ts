import type { Clock, Logger } from '@kso/kit';
import type { ReportSession } from '../channel/report-link.ts';
import type { PendingChanges } from './pending-changes.ts';
import { reportFrames } from './report-frames.ts';
import type { Change } from './sections.ts';

export interface ReporterOptions {
  /** From the connection to the first report, in ms (`WAIT_BEFORE_REPORT`). */
  readonly waitBeforeReportMs: number;
  /** A delta leaves when nothing has changed for so long, in ms. */
  readonly quietMs: number;
  /** … and at the latest so long after its first change, in ms. */
  readonly maxDelayMs: number;
  readonly maxFrameBytes: number;
}

export interface ReporterPorts {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly pending: PendingChanges;
  readonly snapshot: () => readonly Change[];
  /** Resolves when the cluster is known, or has been waited for long enough. */
  readonly known: (signal: AbortSignal) => Promise<void>;
  /** Members of a first report beside its sections. */
  readonly head: () => Readonly<Record<'before' | 'after', Readonly<Record<string, unknown>>>>;
  /** A frame has left. */
  readonly onSent: (type: 'first' | 'delta', bytes: number) => void;
}

/** How long a stop waits for the last delta, in ms. */
const farewellMs = 2000;

/**
 * Reports on one connection: everything once, then what changes (kollector.md 9). Ends with the session, or with `stopping` after the last
 * changes were sent. On the next connection everything is told again, so nothing has to be acknowledged.
 */
export async function report(
  session: ReportSession,
  options: ReporterOptions,
  ports: ReporterPorts,
  stopping: AbortSignal,
): Promise<void> {
  const { clock, pending } = ports;
  const until = AbortSignal.any([session.signal, stopping]);

  const send = async (changes: readonly Change[], isFirst: boolean, signal: AbortSignal) => {
    const head = isFirst ? ports.head() : {};
    let type: 'first' | 'delta' = isFirst ? 'first' : 'delta';
    for (const frame of reportFrames(changes, { isFirst, ...head, maxBytes: options.maxFrameBytes })) {
      signal.throwIfAborted();
      await session.send(frame);
      ports.onSent(type, Buffer.byteLength(frame));
      type = 'delta';
    }
  };

  const gather = async () => {
    await pending.some(until);
    const latest = clock.now() + options.maxDelayMs;
    for (;;) {
      const rest = Math.min(pending.changedAt + options.quietMs, latest) - clock.now();
      if (rest <= 0) return;
      await clock.sleep(rest, until);
    }
  };

  try {
    await clock.sleep(options.waitBeforeReportMs, until);
    await ports.known(until);
    // From here on changes are noted: the snapshot is what they are changes of.
    pending.begin();
    await send(ports.snapshot(), true, until);
    while (!until.aborted) {
      await gather();
      await send(pending.take(), false, until);
    }
  } catch (error) {
    if (!until.aborted) throw error;
    if (!session.signal.aborted) await farewell();
  } finally {
    pending.end();
  }

  async function farewell(): Promise<void> {
    const limit = AbortSignal.any([session.signal, AbortSignal.timeout(farewellMs)]);
    await Promise.race([send(pending.take(), false, limit), aborted(limit)]).catch(() => {
      ports.logger.warn({}, 'the last changes were not reported');
    });
  }
}

function aborted(signal: AbortSignal): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>();
  signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  return promise;
}
