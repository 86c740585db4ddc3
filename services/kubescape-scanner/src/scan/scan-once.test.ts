import { pod } from '@kso/testkit';
import { describe, expect, it } from 'vitest';
import { fakeSource } from '../testing/fake-source.ts';
import { scanSourceOnce } from './scan-once.ts';
import { createSession } from './session.ts';

describe('one scan of a cluster that hides its objects', () => {
  const everyKind = createSession({ source: fakeSource([]) }).engine.kinds.map(({ group, kind }) =>
    group === '' ? kind : `${group}/${kind}`,
  );

  it('names the kinds and the reason', async () => {
    const source = fakeSource([]);
    source.forbid(...everyKind);
    await expect(scanSourceOnce({ source })).rejects.toMatchObject({
      code: 'NOTHING_EVALUATED',
      message: expect.stringMatching(/could not be read: .*\/v1\/pods.*forbidden: 403/),
    });
  });

  it('evaluates what it may read, and names the rest', async () => {
    const source = fakeSource([pod()]);
    source.forbid(...everyKind.filter((name) => name !== 'Pod'));
    const { scanCoverage, results } = await scanSourceOnce({ source });
    expect([...results]).toHaveLength(1);
    expect(scanCoverage?.failedGVRPulls).toHaveLength(everyKind.length - 1);
  });

  it('says that a cluster without objects has nothing to judge', async () => {
    await expect(scanSourceOnce({ source: fakeSource([]) })).rejects.toThrow(/had an object to look at$/);
  });
});
