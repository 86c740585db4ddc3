import { expect, test } from 'vitest';
import { formatInstanceId, parseInstanceId } from './instance-id.ts';
import { imageSlug, instanceSlug } from './slug.ts';

test.each([
  ['docker.io/library/nginx:1.25', '0b1c2d', 'docker.io-library-nginx-1.25-0b1c2d'],
  ['docker.io/library/nginx:latest', 'nohash', 'docker.io-library-nginx-latest-nohash'],
  ['reg.example.com:5000/Team_A/app:V1', 'sha256:0123ABCDEF', 'reg.example.com-5000-team-a-app-v1-abcdef'],
])('image slug of %s', (tag, hash, slug) => {
  expect(imageSlug(tag, hash)).toEqual({ ok: true, slug });
});

test('a long image is cut so that the hash always fits', () => {
  const result = imageSlug(`registry.example.com/${'a'.repeat(300)}:1`, 'sha256:abcdef');
  expect(result).toMatchObject({ ok: true, slug: expect.stringMatching(/^.{246}-abcdef$/) });
});

test.each([
  ['', 'sha256:abcdef', 'empty'],
  ['nginx', 'abc', 'shorter'],
  ['nginx:ä', 'abcdef', 'DNS'],
])('no image slug for %s with %s', (tag, hash, reason) => {
  expect(imageSlug(tag, hash)).toEqual({ ok: false, reason: expect.stringContaining(reason) });
});

test.each([
  [
    'apiVersion-v1/namespace-default/kind-Pod/name-reverse-proxy/containerName-nginx',
    'pod-reverse-proxy-nginx-2f07-68bd',
  ],
  [
    'apiVersion-apps/v1/namespace-default/kind-ReplicaSet/name-nginx-7584b6f84c/containerName-nginx',
    'replicaset-nginx-7584b6f84c-nginx-554a-b86c',
  ],
  ['apiVersion-v1/namespace-default/kind-Pod/name-web', 'pod-web'],
])('instance slug of %s', (text, slug) => {
  const id = parseInstanceId(text);
  if (id === undefined) throw new Error(`${text} was not parsed`);
  expect(formatInstanceId(id)).toBe(text);
  expect(instanceSlug(id)).toEqual({ ok: true, slug });
});

test('a long instance keeps room for its hash, with and without a container', () => {
  const instance = { apiVersion: 'v1', namespace: 'a', kind: 'Pod', name: 'x'.repeat(250) };
  for (const id of [instance, { ...instance, container: 'c' }]) {
    expect(instanceSlug(id)).toMatchObject({
      ok: true,
      slug: expect.stringMatching(/^.{243}-[0-9a-f]{4}-[0-9a-f]{4}$/),
    });
  }
});

test.each(['', 'apiVersion-v1/kind-Pod/name-x', 'apiVersion-v1/namespace-a/kind-Pod/name-x/otherName-y'])(
  '"%s" is no instance id',
  (text) => {
    expect(parseInstanceId(text)).toBeUndefined();
  },
);
