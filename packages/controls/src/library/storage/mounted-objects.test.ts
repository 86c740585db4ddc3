import { pod } from '@kso/testkit';
import type { KubeObject } from '@kso/wire';
import { describe, expect, it } from 'vitest';
import { findingsOn } from '../../testing/judge.ts';
import { claimAccess, configMapAccess } from './mounted-objects.ts';

const named = (kind: string, namespace = 'shop'): KubeObject => ({
  apiVersion: 'v1',
  kind,
  metadata: { name: 'data', namespace },
});
const mounted = { volumeMounts: [{ name: 'v', mountPath: '/v' }] };

describe.each([
  [claimAccess, 'PersistentVolumeClaim', { persistentVolumeClaim: { claimName: 'data' } }],
  [configMapAccess, 'ConfigMap', { configMap: { name: 'data' } }],
  [configMapAccess, 'ConfigMap', { projected: { sources: [{ configMap: { name: 'data' } }] } }],
] as const)('$id mounts', (control, kind, source) => {
  const spec = { volumes: [{ name: 'v', ...source }] };

  it(`fails a container that mounts an existing ${kind}`, () => {
    const object = pod({ namespace: 'shop', spec, container: mounted });
    expect(findingsOn(control, object, { others: [named(kind)] })).toMatchObject([{ found: 'data' }]);
  });

  it('passes one that is not there, is elsewhere, or is not mounted', () => {
    const object = pod({ namespace: 'shop', spec, container: mounted });
    expect(findingsOn(control, object)).toEqual([]);
    expect(findingsOn(control, object, { others: [named(kind, 'bank')] })).toEqual([]);
    expect(findingsOn(control, pod({ namespace: 'shop', spec }), { others: [named(kind)] })).toEqual([]);
  });
});
