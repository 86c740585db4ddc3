import { createFakeSbomEngine } from '@kso/engines';
import { describe, expect, it } from 'vitest';
import { boundedSboms, createGate } from './bounded.ts';

describe('gate', () => {
  it('lets so many in at a time, in the order in which they came', async () => {
    const gate = createGate(2);
    const begun: number[] = [];
    const ends = [0, 1, 2, 3].map(() => Promise.withResolvers<void>());
    const all = ends.map(({ promise }, n) =>
      gate.run(async () => {
        begun.push(n);
        await promise;
        return n;
      }),
    );
    await Promise.resolve();
    expect(begun).toEqual([0, 1]);
    ends[1]?.resolve();
    await all[1];
    ends[0]?.resolve();
    await all[0];
    for (const { resolve } of ends) resolve();
    expect(await Promise.all(all)).toEqual([0, 1, 2, 3]);
    expect(begun).toEqual([0, 1, 2, 3]);
  });

  it('is left by whoever does not want to wait any more, and by work that fails', async () => {
    const gate = createGate(1);
    const first = Promise.withResolvers<void>();
    const running = gate.run(() => first.promise);
    const leaving = new AbortController();
    const left = gate.run(() => Promise.resolve('never'), leaving.signal);
    leaving.abort();
    expect(await left).toBeUndefined();
    first.reject(new Error('broken'));
    await expect(running).rejects.toThrow('broken');
    expect(await gate.run(() => Promise.resolve('in'))).toBe('in');
    expect(await gate.run(() => Promise.resolve('never'), AbortSignal.abort())).toBeUndefined();
  });
});

it('an SBOM that is not begun is cancelled', async () => {
  const engine = boundedSboms(createFakeSbomEngine({ answer: () => ({ outcome: 'failed', detail: '' }) }), 1);
  const request = {
    source: { type: 'directory', directory: '/' },
    target: '',
    timeoutMs: 1,
    maxImageBytes: 1,
    maxSbomBytes: 1,
  } as const;
  expect(await engine.create(request, AbortSignal.abort())).toEqual({ outcome: 'cancelled' });
  expect(await engine.create(request)).toEqual({ outcome: 'failed', detail: '' });
});
