import { pod } from '@kso/testkit';
import { describe, expect, it } from 'vitest';
import { containersOf, findingsOn, pathsOf } from '../../testing/judge.ts';
import { imagePullPolicy } from './c-0075-image-pull-policy.ts';
import { allowedRegistries, blockedRegistries, oldRegistry, pinnedImages } from './registries.ts';

const runs = (image: unknown, container = {}) => pod({ container: { image, ...container } });
const digest = `sha256:${'a'.repeat(64)}`;

describe('C-0001 blocked registries', () => {
  const scene = { inputs: { untrustedRegistries: ['evil.example'], publicRegistries: ['docker.io'] } };

  it.each(['evil.example/x:1', 'nginx', 'bitnami/nginx:1'])('fails %s', (image) => {
    expect(findingsOn(blockedRegistries, runs(image), scene)).toMatchObject([{ found: image }]);
  });

  it.each(['good.example/x', 'evil.example.com/x', 'good.example/evil.example/x'])('passes %s', (image) => {
    expect(findingsOn(blockedRegistries, runs(image), scene)).toEqual([]);
  });
});

describe('C-0078 allowed registries', () => {
  const scene = { inputs: { imageRepositoryAllowList: ['good.example/team', 'docker.io/library'] } };

  it.each(['good.example/team/x', 'nginx:1'])('passes %s', (image) => {
    expect(findingsOn(allowedRegistries, runs(image), scene)).toEqual([]);
  });

  it.each(['good.example/teammate/x', 'bitnami/nginx', 'https://x', '', 7])('fails %s', (image) => {
    expect(findingsOn(allowedRegistries, runs(image), scene)).toHaveLength(1);
  });
});

describe('C-0253 the old registry', () => {
  const within = (namespace: string, image: string) => pod({ namespace, container: { image } });

  it('fails system workloads that use it', () => {
    expect(findingsOn(oldRegistry, within('kube-system', 'k8s.gcr.io/pause:3'))).toHaveLength(1);
  });

  it('passes others', () => {
    expect(findingsOn(oldRegistry, within('kube-system', 'registry.k8s.io/pause:3'))).toEqual([]);
    expect(findingsOn(oldRegistry, within('shop', 'k8s.gcr.io/pause:3'))).toEqual([]);
  });
});

describe('C-0306 pinned images', () => {
  const scene = { inputs: { imageDigestExemptRepositories: ['good.example'] } };

  it('fails tags, in every list of containers', () => {
    const spec = { initContainers: [{ name: 'i', image: 'x:1' }], ephemeralContainers: [{ name: 'e' }] };
    const object = pod({ spec, container: { image: `x@${digest}` } });
    expect(containersOf(findingsOn(pinnedImages, object, scene))).toEqual([
      'initContainers/i',
      'ephemeralContainers/e',
    ]);
  });

  it('passes digests, and repositories that are exempt', () => {
    expect(findingsOn(pinnedImages, runs(`nginx:1@${digest}`), scene)).toEqual([]);
    expect(findingsOn(pinnedImages, runs('good.example/x:1'), scene)).toEqual([]);
  });
});

describe('C-0075 image pull policy', () => {
  it.each(['nginx', 'nginx:latest'])('fails %s that is not always pulled', (image) => {
    const findings = findingsOn(imagePullPolicy, runs(image, { imagePullPolicy: 'IfNotPresent' }));
    expect(pathsOf(findings, 'fix')).toEqual(['spec.containers[0].imagePullPolicy']);
    expect(findingsOn(imagePullPolicy, runs(image, { imagePullPolicy: 7 }))).toHaveLength(1);
  });

  it('knows the default of Kubernetes', () => {
    expect(findingsOn(imagePullPolicy, runs('nginx:latest'))).toEqual([]);
    const scene = { inputs: { floatingImageTags: ['dev'] } };
    expect(findingsOn(imagePullPolicy, runs('nginx:dev'), scene)).toHaveLength(1);
  });

  it('passes what is always pulled, versions and digests', () => {
    expect(findingsOn(imagePullPolicy, runs('nginx', { imagePullPolicy: 'Always' }))).toEqual([]);
    expect(findingsOn(imagePullPolicy, runs('nginx:1', { imagePullPolicy: 'Never' }))).toEqual([]);
    expect(findingsOn(imagePullPolicy, runs(`nginx@${digest}`, { imagePullPolicy: 'Never' }))).toEqual([]);
  });
});
