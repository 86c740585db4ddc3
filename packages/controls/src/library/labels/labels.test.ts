import { deployment, pod } from '@kso/testkit';
import type { KubeObject } from '@kso/wire';
import { describe, expect, it } from 'vitest';
import { findingsOn, pathsOf } from '../../testing/judge.ts';
import { commonLabels, recommendedLabels } from './labels.ts';

const relabelled = (object: KubeObject, labels: unknown): KubeObject => ({
  ...object,
  metadata: { ...object.metadata, labels: labels as Record<string, string> },
});

describe.each([
  [recommendedLabels, 'tier'],
  [commonLabels, 'app.kubernetes.io/name'],
] as const)('$id labels', (control, label) => {
  it('fails a pod that has none of them', () => {
    for (const labels of [{}, { other: 'x' }, null, { [label]: 7 }])
      expect(pathsOf(findingsOn(control, relabelled(pod(), labels)), 'fix')).toEqual(['metadata.labels']);
  });

  it('looks at the workload and at its pods', () => {
    const template = { metadata: { labels: { [label]: 'x' } }, spec: { containers: [] } };
    const object = relabelled({ ...deployment(), spec: { template } }, {});
    expect(pathsOf(findingsOn(control, object), 'fix')).toEqual(['metadata.labels']);
    const bare = relabelled({ ...deployment(), spec: { template: { spec: {} } } }, { [label]: 'x' });
    expect(pathsOf(findingsOn(control, bare), 'fix')).toEqual(['spec.template.metadata.labels']);
  });

  it('passes one of them', () => {
    expect(findingsOn(control, relabelled(pod(), { [label]: 'x' }))).toEqual([]);
  });
});
