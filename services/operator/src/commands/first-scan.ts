import { type BasePorts, backoffDelay } from '@kso/kit';
import type { JobQueue } from '@kso/queue';
import { decodeCommands } from './command.ts';
import type { CommandDesk } from './command-desk.ts';
import { CommandRecord } from './plan.ts';

/** As many as the queue remembers. */
const mostKnown = 10_000;
const backoff = { baseMs: 1000, maxMs: 60_000 };

/**
 * Asks for a scan of the configuration if the queue knows of none, so that a new installation shows results before its first schedule.
 * Tries until the queue answers or `signal` is aborted.
 */
export async function askForFirstScan(
  desk: Pick<CommandDesk, 'submit'>,
  { queue, clock, logger }: BasePorts & { readonly queue: JobQueue },
  signal: AbortSignal,
): Promise<void> {
  const decoded = decodeCommands({ commands: [{ commandName: 'kubescapeScan', args: { scanV1: {} } }] });
  if (!decoded.ok) throw new TypeError(decoded.problem);
  for (let attempt = 1; !signal.aborted; attempt += 1) {
    try {
      const known = await queue.listParents({ limit: mostKnown });
      if (known.some(({ data }) => CommandRecord.safeParse(data).data?.plan.type === 'posture')) return;
      await desk.submit(decoded.commands, 'internal');
      return;
    } catch (error) {
      logger.debug({ err: error, attempt }, 'the first scan cannot be asked for yet');
      await clock.sleep(backoffDelay(attempt, backoff), signal).catch(() => undefined);
    }
  }
}
