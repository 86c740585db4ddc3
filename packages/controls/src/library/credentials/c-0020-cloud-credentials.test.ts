import { pod } from '@kso/testkit';
import { describe, expect, it } from 'vitest';
import { findingsOn, pathsOf } from '../../testing/judge.ts';
import { cloudCredentials } from './c-0020-cloud-credentials.ts';

const mounted = { volumeMounts: [{ name: 'v', mountPath: '/v' }] };
const object = (path: unknown, container: object = mounted) =>
  pod({ spec: { volumes: [{ name: 'v', hostPath: { path } }] }, container });

describe('C-0020 credentials of a cloud provider', () => {
  it.each([
    '/root/.aws/credentials',
    '/root/.aws',
    '/etc/kubernetes/azure.json',
    '/root/.azure/',
    '/root/.config/gcloud',
  ])('fails %s', (path) => {
    expect(pathsOf(findingsOn(cloudCredentials, object(path)), 'delete')).toEqual(['spec.volumes[0]']);
  });

  it('passes other paths, and what is not mounted', () => {
    for (const path of ['/data', '/root/.awsome', 7]) expect(findingsOn(cloudCredentials, object(path))).toEqual([]);
    expect(findingsOn(cloudCredentials, object('/root/.aws', {}))).toEqual([]);
  });
});
