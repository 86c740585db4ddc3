import { deployment, pod } from '@kso/testkit';
import type { KubeObject } from '@kso/wire';
import { describe, expect, it } from 'vitest';
import { containersOf, findingsOn, pathsOf } from '../../testing/judge.ts';
import { secretAccess } from './c-0255-secret-access.ts';

const secret = (name: string, namespace = 'shop'): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name, namespace },
});
const mounted = { volumeMounts: [{ name: 'v', mountPath: '/s' }] };
const volume = (spec: object) => ({ volumes: [{ name: 'v', ...spec }] });
const plain = volume({ secret: { secretName: 'db' } });

describe('C-0255 secret access', () => {
  it('fails a container that mounts an existing Secret', () => {
    const findings = findingsOn(secretAccess, deployment({ namespace: 'shop', spec: plain, container: mounted }), {
      others: [secret('db')],
    });
    expect(findings).toMatchObject([{ found: 'db', relatedIds: ['/v1/shop/Secret/db'] }]);
    expect(pathsOf(findings, 'failed')).toEqual(['spec.template.spec.containers[0].volumeMounts[0]']);
  });

  it('looks into projected volumes, and at init containers (B07)', () => {
    const projected = volume({ projected: { sources: [{ configMap: { name: 'x' } }, { secret: { name: 'db' } }] } });
    const spec = { ...projected, initContainers: [{ name: 'i', ...mounted }] };
    expect(
      containersOf(findingsOn(secretAccess, pod({ namespace: 'shop', spec }), { others: [secret('db')] })),
    ).toEqual(['initContainers/i']);
  });

  it('passes a Secret that is not there, is elsewhere, or is not mounted', () => {
    const object = pod({ namespace: 'shop', spec: plain, container: mounted });
    expect(findingsOn(secretAccess, object, { others: [secret('other'), secret('db', 'bank')] })).toEqual([]);
    expect(findingsOn(secretAccess, pod({ namespace: 'shop', spec: plain }), { others: [secret('db')] })).toEqual([]);
  });
});
