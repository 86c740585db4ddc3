import { pod } from '@kso/testkit';
import { describe, expect, it } from 'vitest';
import { fakeSource } from '../testing/fake-source.ts';
import { scanSourceOnce } from './scan-once.ts';
import { createSession } from './session.ts';

const autoscaler = (version: string) => ({
  apiVersion: `autoscaling/${version}`,
  kind: 'HorizontalPodAutoscaler',
  metadata: { name: 'web', namespace: 'shop', uid: '6f1c3a52-0000-4000-8000-000000000001' },
  spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' } },
});

describe('B11 discovery', () => {
  it('an object that is served in two versions is scored once', async () => {
    const once = await scanSourceOnce({ source: fakeSource([autoscaler('v2'), pod()]) });
    const twice = await scanSourceOnce({ source: fakeSource([autoscaler('v2'), autoscaler('v1'), pod()]) });
    const counters = ({ summaryDetails }: typeof once) => summaryDetails.ResourceCounters;
    expect(counters(twice)).toEqual(counters(once));
    expect([...twice.results].map(({ resourceID }) => resourceID)).toHaveLength([...once.results].length);
  });
});

describe('an evaluation that is cancelled between two slices', () => {
  const names = Array.from({ length: 450 }, (_, index) => `web-${index}`);
  const pods = names.map((name) => pod({ name }));

  async function cancelled() {
    const source = fakeSource(pods);
    const cancelling = new AbortController();
    const session = createSession({
      source,
      onProgress: ({ phase }) => {
        if (phase === 'evaluating') cancelling.abort(new Error('cancelled'));
      },
    });
    await session.start(new AbortController().signal);
    await expect(session.evaluate(cancelling.signal)).rejects.toThrow('cancelled');
    return { session };
  }

  it('loses nothing: the next one says what it has found out', async () => {
    const { session } = await cancelled();
    const { changed, removed } = await session.evaluate();
    const results = changed.map(({ resourceId }) => resourceId).filter((id) => id.includes('/Pod/'));
    expect(results).toHaveLength(names.length);
    expect(removed).toEqual([]);
    expect(await session.evaluate()).toEqual({ changed: [], removed: [] });
  });

  it('what is gone meanwhile is gone, though it was judged before', async () => {
    const { session } = await cancelled();
    for (const object of pods) session.engine.apply({ type: 'deleted', object });
    const { changed, removed } = await session.evaluate();
    expect(changed.filter(({ resourceId }) => resourceId.includes('/Pod/'))).toEqual([]);
    expect(removed.length).toBeGreaterThan(0);
  });
});
