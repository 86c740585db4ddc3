import type { DestinationStream, Logger } from '@kso/kit';

/** A destination in the thread: lines go to the owner as messages, so that they end up where the service logs. */
export function relayingDestination(post: (line: string) => void): DestinationStream {
  return { write: post };
}

const levels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const;

/** Writes a line of the thread with the owner's logger; time and service are the owner's. */
export function relayLine(line: string, logger: Logger): void {
  const { level, msg, time: _time, service: _service, ...fields } = JSON.parse(line) as Record<string, unknown>;
  const method = levels.find((each) => each === level) ?? 'info';
  logger[method](fields, typeof msg === 'string' ? msg : '');
}
