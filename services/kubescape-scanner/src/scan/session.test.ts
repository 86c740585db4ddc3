import { pod } from '@kso/testkit';
import { describe, expect, it } from 'vitest';
import { fakeSource } from '../testing/fake-source.ts';
import { scanSourceOnce } from './scan-once.ts';

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
