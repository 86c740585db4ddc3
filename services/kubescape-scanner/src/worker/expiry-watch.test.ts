import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import type { Session } from '../scan/session.ts';
import { createExpiryWatch } from './expiry-watch.ts';

/** A session whose exceptions expire at these times. */
function sessionOf(...times: readonly number[]) {
  const left = [...times];
  const engine = {
    get nextExpiry() {
      return left[0];
    },
  };
  return { session: { engine } as Session, expire: () => void left.shift() };
}

it('expires one exception after the other, and none of a session that is no longer followed', async () => {
  const waits: { readonly ms: number; wake(): void }[] = [];
  const sleep = (ms: number, signal?: AbortSignal) =>
    new Promise<void>((resolve, reject) => {
      waits.push({ ms, wake: resolve });
      signal?.addEventListener('abort', () => reject(new Error('stopped')));
    });
  const day = 24 * 60 * 60 * 1000;
  const { session, expire } = sessionOf(1000, 100 * day);
  const expired: Session[] = [];
  const watch = createExpiryWatch({ now: () => 400, sleep }, async (each) => {
    expired.push(each);
    expire();
  });
  watch.follow(session);
  waits[0]?.wake();
  await nextTurn();
  expect(expired).toEqual([session]);
  expect(waits.map(({ ms }) => ms)).toEqual([600, day]);
  watch.follow(sessionOf().session);
  await nextTurn();
  waits[1]?.wake();
  await nextTurn();
  expect(expired).toHaveLength(1);
});
