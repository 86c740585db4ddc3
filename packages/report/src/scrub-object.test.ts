import { cronJob, pod } from '@kso/testkit';
import { describe, expect, it } from 'vitest';
import { scrubObject } from './scrub-object.ts';

describe('scrubObject', () => {
  it('covers the values of Secrets and ConfigMaps and keeps their keys', () => {
    const secret = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 's' },
      data: { a: 'dGVh' },
      stringData: { b: 'tea' },
      type: 'Opaque',
    };
    expect(scrubObject(secret)).toEqual({ ...secret, data: { a: 'XXXXXX' }, stringData: { b: 'XXXXXX' } });
    const configMap = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'c' },
      data: { k: 'v' },
      binaryData: { b: 'AA==' },
    };
    expect(scrubObject(configMap)).toMatchObject({ data: { k: 'XXXXXX' }, binaryData: { b: 'XXXXXX' } });
    expect(JSON.stringify(scrubObject({ ...secret, data: ['tea'] }))).not.toContain('tea');
  });

  it.each([
    ['a Pod', pod],
    ['a CronJob', cronJob],
  ])('covers environment variables of %s, in every list of containers', (_what, make) => {
    const env = [
      { name: 'A', value: 'tea' },
      { name: 'B', valueFrom: { secretKeyRef: { name: 's', key: 'tea' } } },
    ];
    const container = { env, envFrom: [{ secretRef: { name: 'tea' } }] };
    const others = {
      initContainers: [{ name: 'i', ...container }],
      ephemeralContainers: [{ name: 'e', ...container }, 'odd'],
    };
    const scrubbed = JSON.stringify(scrubObject(make({ container, spec: others })));
    expect(scrubbed).not.toContain('tea');
    expect(scrubbed.match(/XXXXXX/g)).toHaveLength(3);
    expect(scrubbed).toContain('"name":"B"');
  });

  it('leaves out status, managed fields and the last applied configuration', () => {
    const metadata = {
      managedFields: [{}],
      annotations: { 'kubectl.kubernetes.io/last-applied-configuration': 'tea', keep: 'me' },
    };
    const scrubbed = scrubObject({ ...pod({ metadata }), status: { podIP: '10.0.0.1' } });
    expect(scrubbed['status']).toBeUndefined();
    expect(scrubbed['metadata']).toEqual({
      name: 'app',
      namespace: 'default',
      labels: { app: 'app' },
      annotations: { keep: 'me' },
    });
  });

  it('scrubs the objects behind an RBAC subject', () => {
    const related = [{ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'a', managedFields: [] } }];
    expect(scrubObject({ kind: 'User', name: 'ann', relatedObjects: related })).toEqual({
      kind: 'User',
      name: 'ann',
      relatedObjects: [{ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'a' } }],
    });
  });

  it('does not change the object itself', () => {
    const object = pod({ container: { env: [{ name: 'A', value: 'tea' }] } });
    const before = JSON.stringify(object);
    scrubObject(object);
    expect(JSON.stringify(object)).toBe(before);
  });
});
