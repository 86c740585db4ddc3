import { parseImageReference } from '@kso/domain';
import { createLogger } from '@kso/kit';
import { afterEach, describe, expect, it } from 'vitest';
import { startKubevuln, stopAllKubevulns } from '../testing/start-kubevuln.ts';
import { createRegistryMirrors } from './registry-mirrors.ts';

afterEach(stopAllKubevulns);

function rewritten(map: Record<string, string>, image: string) {
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line) };
  const rewrite = createRegistryMirrors(map, createLogger({ service: 'test', level: 'warn', destination }));
  const parsed = parseImageReference(image);
  if (parsed.type !== 'reference') throw new Error('no reference');
  const { registry, repository, tag, digest } = rewrite(parsed.reference);
  return { place: `${registry}/${repository}`, tag, digest, lines };
}

describe('mirrors of registries', () => {
  const map = {
    'docker.io': 'mirror.example.com/hub/',
    'docker.io/library': 'mirror.example.com:5000/official',
    'quay.io/': 'quay.example.com',
  };

  it.each([
    ['nginx', 'mirror.example.com:5000/official/nginx'],
    ['index.docker.io/library/nginx', 'mirror.example.com:5000/official/nginx'],
    ['bitnami/redis', 'mirror.example.com/hub/bitnami/redis'],
    ['libraryish/redis', 'mirror.example.com/hub/libraryish/redis'],
    ['quay.io/centos/centos', 'quay.example.com/centos/centos'],
    ['quay.io.evil.test/centos/centos', 'quay.io.evil.test/centos/centos'],
    ['registry.example.com/app', 'registry.example.com/app'],
  ])('%s is pulled from %s', (image, place) => {
    expect(rewritten(map, image).place).toBe(place);
  });

  it('are found under both names of Docker Hub, and keep tag and digest', () => {
    const digest = `sha256:${'a'.repeat(64)}`;
    const mirror = { 'index.docker.io': 'mirror.example.com' };
    expect(rewritten(mirror, `nginx:1.27@${digest}`)).toMatchObject({
      place: 'mirror.example.com/library/nginx',
      tag: '1.27',
      digest,
    });
  });

  it.each(['https://mirror.example.com', 'Mirror Example', '', 'mirror'])('"%s" is none, and is named', (target) => {
    const { place, lines } = rewritten({ 'docker.io': target }, 'nginx');
    expect(place).toBe('docker.io/library/nginx');
    expect(lines).toHaveLength(1);
  });
});

it('an image is pulled from its mirror, and goes by its own name', async () => {
  const mirror = await startKubevuln();
  const { scan, sbomEngine, records } = await startKubevuln({
    config: { proxyRegistryMap: { 'registry.example.com': mirror.registry.host } },
  });
  await scan({ imageTag: 'registry.example.com/shop/cart:1' });
  expect(sbomEngine.requests[0]?.source).toMatchObject({
    reference: expect.stringContaining(`${mirror.registry.host}/shop/cart@sha256:`),
  });
  expect(records()).toMatchObject([{ image: 'registry.example.com/shop/cart:1', findings: 1 }]);
});
