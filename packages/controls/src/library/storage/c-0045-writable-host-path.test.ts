import { pod } from '@kso/testkit';
import { describe, expect, it } from 'vitest';
import { containersOf, findingsOn, pathsOf } from '../../testing/judge.ts';
import { writableHostPath } from './c-0045-writable-host-path.ts';

const volumes = [{ name: 'h', hostPath: { path: '/var' } }];
const mounted = (...volumeMounts: object[]) => ({
  volumeMounts: volumeMounts.map((mount) => ({ name: 'h', mountPath: '/h', ...mount })),
});

describe('C-0045 writable hostPath', () => {
  it('fails a mount that does not say readOnly', () => {
    const findings = findingsOn(writableHostPath, pod({ spec: { volumes }, container: mounted({ readOnly: false }) }));
    expect(pathsOf(findings, 'failed')).toEqual(['spec.containers[0].volumeMounts[0].readOnly']);
    expect(findings[0]?.paths).toContainEqual({
      type: 'fix',
      path: 'spec.containers[0].volumeMounts[0].readOnly',
      value: 'true',
    });
  });

  it('B02 gives one finding for a volume that is mounted twice through subPath, with both places', () => {
    const twice = mounted({ mountPath: '/one', subPath: 'lib' }, { mountPath: '/two', subPath: 'log' });
    const findings = findingsOn(writableHostPath, pod({ name: 'twice', spec: { volumes }, container: twice }));
    expect(findings.map(({ message }) => message)).toEqual([
      'The container "app" can write to /var of its node, mounted at /one, /two.',
    ]);
    expect(pathsOf(findings, 'fix')).toHaveLength(2);
  });

  it('B07 looks at init and ephemeral containers', () => {
    const spec = {
      volumes,
      initContainers: [{ name: 'i', ...mounted({}) }],
      ephemeralContainers: [{ name: 'e', ...mounted({}) }],
    };
    expect(containersOf(findingsOn(writableHostPath, pod({ spec })))).toEqual([
      'initContainers/i',
      'ephemeralContainers/e',
    ]);
  });

  it('passes read-only mounts, other volumes, and volumes that nobody mounts', () => {
    const other = { volumes: [{ name: 'h', emptyDir: {} }] };
    for (const object of [
      pod({ spec: { volumes }, container: mounted({ readOnly: true }) }),
      pod({ spec: other, container: mounted({}) }),
      pod({ spec: { volumes } }),
    ])
      expect(findingsOn(writableHostPath, object)).toEqual([]);
  });
});
