import { cronJob, daemonSet, deployment, job, pod, service, statefulSet } from '@kso/testkit';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { workloadOf } from './workload.ts';

describe('workloadOf', () => {
  it.each([
    [pod(), 'spec'],
    [deployment(), 'spec.template.spec'],
    [statefulSet(), 'spec.template.spec'],
    [daemonSet(), 'spec.template.spec'],
    [job(), 'spec.template.spec'],
    [cronJob(), 'spec.jobTemplate.spec.template.spec'],
  ])('finds the pods of a $kind', (object, podPath) => {
    expect(workloadOf(object)).toMatchObject({
      podPath,
      podLabels: { app: 'app' },
      serviceAccountName: 'default',
      os: 'linux',
    });
  });

  it('says of each container which list it stands in, and where', () => {
    const workload = workloadOf(
      deployment({ spec: { initContainers: [null, { name: 'i' }], ephemeralContainers: [{ name: 'e' }] } }),
    );
    expect(workload?.containers.map(({ list, path }) => [list, path])).toEqual([
      ['initContainers', 'spec.template.spec.initContainers[1]'],
      ['containers', 'spec.template.spec.containers[0]'],
      ['ephemeralContainers', 'spec.template.spec.ephemeralContainers[0]'],
    ]);
  });

  it('is nothing for objects without pods', () => {
    expect(workloadOf(service())).toBeUndefined();
    expect(workloadOf({ ...deployment(), spec: { template: 'none' } })).toBeUndefined();
  });

  it('never throws on what a manifest may hold', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), (spec) => {
        for (const object of [pod(), deployment()]) workloadOf({ ...object, spec });
        const parts = { containers: [spec], volumes: [spec], securityContext: spec, nodeSelector: spec };
        expect(workloadOf(pod({ spec: parts }))?.podPath).toBe('spec');
      }),
    );
  });
});
