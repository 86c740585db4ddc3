import { pod } from '@kso/testkit';
import { describe, expect, it } from 'vitest';
import { findingsOn, pathsOf } from '../../testing/judge.ts';
import { runtimeSocket } from './c-0074-runtime-socket.ts';

const volume = (path: unknown) => pod({ spec: { volumes: [{ name: 'v', hostPath: { path } }] } });

describe('C-0074 runtime socket', () => {
  it.each([
    '/var/run/docker.sock',
    '/run/docker.sock',
    '/run/containerd/containerd.sock',
    '/var/run/crio/crio.sock',
    '/run/containerd/',
  ])('fails %s', (path) => {
    expect(pathsOf(findingsOn(runtimeSocket, volume(path)), 'delete')).toEqual(['spec.volumes[0]']);
  });

  it.each(['/var/run/docker.sock.old', '/data/docker.sock', '/var/log', 7, undefined])('passes %s', (path) => {
    expect(findingsOn(runtimeSocket, volume(path))).toEqual([]);
  });
});
