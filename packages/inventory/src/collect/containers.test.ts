import type { KubeObject } from '@kso/wire';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { digest, podObject } from '../testing/builders.ts';
import { containersOf, withRegistry } from './containers.ts';

const settings = { missingTag: { policy: 'digest' as const, tag: 'UNKNOWN' }, missingRegistry: '' };
const tagsOf = (pod: KubeObject, over: Partial<typeof settings> | object = {}) =>
  containersOf(pod, 'uid', { ...settings, ...over }).containers.map(({ imageTag }) => imageTag);

describe('B31 an image that was deployed by its digest', () => {
  const pod = podObject('p', { images: { c: [`alpine@${digest('4')}`, digest('4')] } });

  it('has the digest as its tag, a fixed one, or is left out (acceptance 2)', () => {
    expect(tagsOf(pod)).toEqual([`alpine:${'4'.repeat(64)}`]);
    expect(tagsOf(pod, { missingTag: { policy: 'insert', tag: 'UNKNOWN' } })).toEqual(['alpine:UNKNOWN']);
    expect(tagsOf(pod, { missingTag: { policy: 'drop', tag: 'UNKNOWN' } })).toEqual([]);
    expect(containersOf(pod, 'uid', settings).withoutTag).toBe(1);
  });

  it('without a digest falls back to the fixed tag', () => {
    expect(tagsOf(podObject('p', { images: { c: ['alpine'] } }))).toEqual(['alpine:UNKNOWN']);
  });

  it.each(['initContainer', 'container', 'ephemeralContainer'])(
    'is treated the same in a list of %ss, also if only the status names it',
    (list) => {
      const inSpec = { spec: { [`${list}s`]: [{ name: 'py', image: `python@${digest('b')}` }] } };
      const inStatus = {
        status: { [`${list}Statuses`]: [{ name: 'py', image: `python@${digest('b')}`, imageID: '' }] },
      };
      for (const part of [inSpec, inStatus]) {
        const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' }, ...part };
        expect(containersOf(pod, 'uid', settings).containers).toEqual([
          { name: 'py', podUid: 'uid', id: '', imageTag: `python:${'b'.repeat(64)}`, imageDigest: digest('b') },
        ]);
      }
    },
  );
});

it('B16 names init, regular and ephemeral containers', () => {
  const [i, a, b, e] = ['i', 'a', 'b', 'e'].map((name) => ({ name, image: `registry.example.com/${name}:1` }));
  const spec = { initContainers: [i], containers: [a, b], ephemeralContainers: [e] };
  const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'four' }, spec };
  expect(tagsOf(pod)).toEqual(['i', 'a', 'b', 'e'].map((name) => `registry.example.com/${name}:1`));
});

it('digests of every runtime are read', () => {
  for (const imageID of [`docker-pullable://nginx@${digest('c')}`, `docker.io/library/nginx@${digest('c')}`]) {
    const status = { containerStatuses: [{ name: 'c', image: 'nginx:1', imageID, containerID: 'x://1' }] };
    const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' }, status };
    expect(containersOf(pod, 'u', settings).containers[0]).toMatchObject({
      imageDigest: digest('c'),
      imageTag: 'nginx:1',
    });
  }
});

it('an image that the runtime knows by an id alone is named by its reference', () => {
  const status = { containerStatuses: [{ name: 'c', image: digest('d'), imageID: `quay.io/x/y@${digest('e')}` }] };
  const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' }, status };
  expect(tagsOf(pod)).toEqual([`quay.io/x/y:${'e'.repeat(64)}`]);
});

it.each([
  ['nginx', 'reg.test/nginx'],
  ['library/nginx', 'reg.test/library/nginx'],
  ['reg.io/nginx', 'reg.io/nginx'],
  ['localhost:5000/nginx', 'localhost:5000/nginx'],
  ['localhost/nginx', 'localhost/nginx'],
  ['a/b/c', 'a/b/c'],
  ['nginx:1.27', 'reg.test/nginx:1.27'],
])('registry override of %s (acceptance 13)', (image, expected) => {
  expect(withRegistry(image, 'reg.test')).toBe(expected);
});

it('whatever a server sends, every container that is reported has a tag', () => {
  const image = fc.oneof(fc.string(), fc.constantFrom('nginx', 'a:1', `b@${digest('1')}`, 'localhost:5000/x'));
  const entry = fc.record({
    name: fc.oneof(fc.string(), fc.integer()),
    image: fc.oneof(image, fc.constant(null)),
    imageID: image,
  });
  const list = fc.oneof(fc.array(fc.oneof(entry, fc.constant(7))), fc.constant('no list'));
  fc.assert(
    fc.property(list, list, list, (init, specs, statuses) => {
      const spec = { initContainers: init, containers: specs };
      const pod = {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'p' },
        spec,
        status: { containerStatuses: statuses },
      };
      for (const tag of tagsOf(pod)) expect(tag).toMatch(/:\w[\w.-]{0,127}$/);
    }),
  );
});
