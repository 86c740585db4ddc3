import { createLogger } from '@kso/kit';
import { expect, test } from 'vitest';
import { relayingDestination, relayLine } from './relayed-log.ts';

test('a line of the thread appears in the log of the service, with its level and fields', () => {
  const written: string[] = [];
  const destination = { write: (line: string) => void written.push(line) };
  const owner = createLogger({ service: 'owner', level: 'info', destination }).child({ cluster: 'prod' });
  const thread = createLogger({
    service: 'thread',
    level: 'debug',
    destination: relayingDestination((line) => relayLine(line, owner)),
  });
  thread.debug({}, 'not at this level');
  thread.warn({ kind: 'Pod', err: new Error('no') }, 'a kind failed');
  expect(written.map((line) => JSON.parse(line) as unknown)).toEqual([
    expect.objectContaining({
      service: 'owner',
      cluster: 'prod',
      level: 'warn',
      kind: 'Pod',
      msg: 'a kind failed',
      err: expect.objectContaining({ message: 'no' }),
    }),
  ]);
});
