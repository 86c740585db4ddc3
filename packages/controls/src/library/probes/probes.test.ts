import { pod } from '@kso/testkit';
import { describe, expect, it } from 'vitest';
import { containersOf, findingsOn, pathsOf } from '../../testing/judge.ts';
import { livenessProbe, readinessProbe } from './probes.ts';

describe.each([
  [readinessProbe, 'readinessProbe'],
  [livenessProbe, 'livenessProbe'],
] as const)('$id', (control, field) => {
  it('fails a container without one, or with what is none', () => {
    for (const container of [{}, { [field]: null }, { [field]: 'yes' }, { [field]: {} }])
      expect(pathsOf(findingsOn(control, pod({ container })), 'fix')).toEqual([`spec.containers[0].${field}`]);
  });

  it('fails sidecars, and no other init or ephemeral containers, which cannot have one', () => {
    const spec = {
      initContainers: [{ name: 'setup' }, { name: 'proxy', restartPolicy: 'Always' }],
      ephemeralContainers: [{ name: 'debug' }],
    };
    expect(containersOf(findingsOn(control, pod({ spec, container: { [field]: { httpGet: { port: 1 } } } })))).toEqual([
      'initContainers/proxy',
    ]);
  });

  it('passes a container with one', () => {
    expect(findingsOn(control, pod({ container: { [field]: { tcpSocket: { port: 80 } } } }))).toEqual([]);
  });
});
