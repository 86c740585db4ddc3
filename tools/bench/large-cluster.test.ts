import { type ScanOnceOptions, scanSourceOnce } from '@kso/kubescape-scanner';
import type { KubeObject } from '@kso/testkit';
import { describe, expect, it } from 'vitest';
import { deploymentsPerNamespace, largeCluster } from './large-cluster.ts';

type ObjectSource = Extract<ScanOnceOptions['source'], { readonly name: string }>;

/** Everything at once, in the order given. */
function sourceOf(objects: readonly KubeObject[]): ObjectSource {
  return {
    name: 'large',
    type: 'cluster',
    watch: async (kinds, onEvent) => {
      for (const object of objects) onEvent({ type: 'added', object });
      for (const kind of kinds) onEvent({ type: 'synced', kind });
    },
  };
}

describe('B15 a large cluster', () => {
  const cluster = largeCluster(25, 125);
  const objects = [...cluster.namespaces, ...cluster.workloads, ...cluster.bindings];

  it('is judged once per workload, with exact counts, in whatever order its objects come', async () => {
    expect(objects).toHaveLength(cluster.objects);
    for (const ordered of [objects, objects.toReversed()]) {
      const { summaryDetails } = await scanSourceOnce({ source: sourceOf(ordered), controls: ['C-0057'] });
      const { failedResources, passedResources } = summaryDetails.controls['C-0057']?.ResourceCounters ?? {};
      expect(failedResources).toBe(cluster.privileged);
      expect((failedResources ?? 0) + (passedResources ?? 0)).toBe(25 * deploymentsPerNamespace);
    }
  });
});
