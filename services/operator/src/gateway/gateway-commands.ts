import { randomUUID } from 'node:crypto';
import { type BasePorts, backoffDelay, KsoError } from '@kso/kit';
import type { Command } from '../commands/command.ts';
import type { CommandDesk } from '../commands/command-desk.ts';
import type { OperatorMetrics } from '../operator-metrics.ts';
import { decodeFrame } from './notification.ts';

const backoff = { baseMs: 500, maxMs: 30_000 };

/**
 * Commands that come as notifications go the way of those that come by REST. Nobody can be answered and nobody
 * sends them again, so a desk that is busy, or whose queue is away, is asked until it takes them; meanwhile nothing more is read.
 */
export function gatewayCommands(
  desk: Pick<CommandDesk, 'submit'>,
  ports: BasePorts & { readonly meters: OperatorMetrics },
  signal: AbortSignal,
): (frame: Buffer) => Promise<void> {
  return async (frame) => {
    const decoded = decodeFrame(frame);
    ports.meters.notification(decoded.type);
    if (decoded.type === 'malformed')
      ports.logger.warn({ problem: decoded.problem, bytes: frame.length }, 'a notification was not understood');
    if (decoded.type !== 'commands') return;
    await ports.tracer.span('gateway notification', { kind: 'consumer' }, () =>
      submit(desk, decoded.commands.map(withJobId), ports, signal),
    );
  };
}

async function submit(
  desk: Pick<CommandDesk, 'submit'>,
  commands: readonly Command[],
  { clock, logger }: BasePorts,
  signal: AbortSignal,
): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await desk.submit(commands, 'gateway');
      return;
    } catch (error) {
      if (!(error instanceof KsoError && error.retryable) || signal.aborted) throw error;
      logger.warn({ err: error, attempt }, 'commands of the gateway could not be taken yet');
      await clock.sleep(backoffDelay(attempt, backoff), signal).catch(() => undefined);
    }
  }
}

/** An id from the beginning, so that a second try of the same body does not begin a command twice. */
function withJobId(command: Command): Command {
  const { jobTracking } = command;
  if (jobTracking.jobID !== '') return command;
  return { ...command, jobTracking: { ...jobTracking, jobID: randomUUID() } };
}
