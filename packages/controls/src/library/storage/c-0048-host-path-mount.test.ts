import { deployment, pod } from '@kso/testkit';
import { describe, expect, it } from 'vitest';
import { findingsOn, pathsOf } from '../../testing/judge.ts';
import { hostPathMount } from './c-0048-host-path-mount.ts';

describe('C-0048 hostPath', () => {
  it('fails each volume on the node, even an unused one', () => {
    const volumes = [
      { name: 'a', emptyDir: {} },
      { name: 'b', hostPath: { path: '/etc' } },
      { name: 'c', hostPath: null },
    ];
    const findings = findingsOn(hostPathMount, deployment({ spec: { volumes } }));
    expect(findings.map(({ message }) => message)).toEqual([
      'Deployment "app" uses /etc of its node as volume "b", not mounted.',
    ]);
    expect(pathsOf(findings, 'failed')).toEqual(['spec.template.spec.volumes[1].hostPath.path']);
  });

  it('B02 gives one finding with every place of the mount', () => {
    const spec = { volumes: [{ name: 'h', hostPath: { path: '/var' } }] };
    const volumeMounts = ['/one', '/two'].map((mountPath) => ({ name: 'h', mountPath, subPath: 'x' }));
    const findings = findingsOn(hostPathMount, pod({ spec, container: { volumeMounts } }));
    expect(findings).toHaveLength(1);
    expect(findings[0]?.message).toContain('mounted at /one, /two');
  });

  it('passes other volumes', () => {
    expect(findingsOn(hostPathMount, pod({ spec: { volumes: [{ name: 'a', configMap: { name: 'b' } }] } }))).toEqual(
      [],
    );
  });
});
