import { expect, test } from 'vitest';
import { normalizedImageHash, normalizedImageTag } from './image-hash.ts';

const digest = `sha256:${'ab'.repeat(32)}`;

test.each([
  ['nginx', 'docker.io/library/nginx:latest'],
  [`nginx@${digest}`, `docker.io/library/nginx@${digest}`],
  ['Not An Image', 'Not An Image'],
])('tag %s', (tag, normal) => {
  expect(normalizedImageTag(tag)).toBe(normal);
});

test.each([
  ['nginx:1', '', 'nginx:1'],
  ['nginx:1', `Registry.example.com/nginx@${digest}`, `Registry.example.com/nginx@${digest}`],
  ['nginx:1', digest, `index.docker.io/library/nginx@${digest}`],
  ['nginx:1', digest.slice(7), `index.docker.io/library/nginx@${digest}`],
  ['quay.io/a/b:1', `docker-pullable://quay.io/a/b@${digest}`, `quay.io/a/b@${digest}`],
  ['Not An Image', digest, ''],
])('hash of %s with %s', (tag, hash, normal) => {
  expect(normalizedImageHash(tag, hash)).toBe(normal);
});
