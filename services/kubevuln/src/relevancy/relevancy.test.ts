import { describe, expect, it } from 'vitest';
import { readContainerProfile } from './container-profile.ts';
import { createPathSet } from './path-set.ts';
import { packageKey, relevantPackages } from './relevant-packages.ts';

describe('paths of a profile', () => {
  it.each([
    ['/bin/sh', '/bin/sh', true],
    ['/bin/sh', '/bin/sh/', false],
    ['/proc/⋯/maps', '/proc/7/maps', true],
    ['/proc/⋯/maps', '/proc/7/8/maps', false],
    ['/proc/⋯/maps', '/proc/maps', false],
    ['/app/*/x.py', '/app/x.py', true],
    ['/app/*/x.py', '/app/a/b/x.py', true],
    ['/app/*/x.py', '/app/a/b/y.py', false],
    ['/app/*', '/app/a/b', true],
    ['/app/*', '/app', false],
    ['/app/*/lib/⋯/x', '/app/lib/a/lib/b/x', true],
    ['/*', '/a', true],
  ])('%s with %s: %s', (pattern, path, isIn) => {
    expect(createPathSet([pattern]).has(path)).toBe(isIn);
  });

  it('ends in time on a profile that was made to take long', () => {
    const pattern = `/${'*/a/'.repeat(200)}z`;
    expect(createPathSet([pattern]).has(`/${'a/'.repeat(2000)}b`)).toBe(false);
  });
});

const artifact = (id: string, type = 'python') => ({ id, name: id, version: '1', type });
const file = (id: string, path: string) => ({ id, location: { path } });
const sbom = {
  artifacts: [
    artifact('used'),
    artifact('unused'),
    artifact('inner', 'java-archive'),
    artifact('outer', 'java-archive'),
    artifact('bash', 'deb'),
  ],
  artifactRelationships: [
    { parent: 'used', child: 'f1', type: 'contains' },
    { parent: 'unused', child: 'f2', type: 'contains' },
    { parent: 'inner', child: 'f3', type: 'evident-by' },
    { parent: 'outer', child: 'inner', type: 'contains' },
    { parent: 'inner', child: 'outer', type: 'odd-circle' },
    { parent: 'bash', child: 'f4', type: 'evident-by' },
  ],
  files: [
    file('f1', '/app/used.py'),
    file('f2', '/app/unused.py'),
    file('f3', '/app/a.jar'),
    file('f4', '/var/lib/dpkg/status'),
  ],
};

describe('relevant packages', () => {
  const ask = (paths: string[], ignorePackageDatabases = false) =>
    relevantPackages(sbom, { paths, ignorePackageDatabases }).map((key) => JSON.parse(key)[0]);

  it('are those with a file that is used, and what contains them', () => {
    expect(ask(['/app/used.py'])).toEqual(['used']);
    expect(ask(['/app/a.jar'])).toEqual(['inner', 'outer']);
    expect(ask(['/nothing'])).toEqual([]);
    expect(ask([])).toEqual([]);
  });

  it('are all of a distribution when its package database is read, unless that is ignored', () => {
    expect(ask(['/var/lib/dpkg/status'])).toEqual(['bash']);
    expect(ask(['/var/lib/dpkg/status'], true)).toEqual([]);
  });

  it('are named as findings name them', () => {
    expect(relevantPackages(sbom, { paths: ['/app/used.py'], ignorePackageDatabases: false })).toEqual([
      packageKey({ name: 'used', version: '1', type: 'python' }),
    ]);
  });
});

describe('a container profile', () => {
  const profile = (annotations: Record<string, string> = {}, spec: object = {}) => ({
    metadata: {
      annotations: {
        'kubescape.io/completion': 'complete',
        'kubescape.io/status': 'completed',
        'kubescape.io/wlid': 'wlid://cluster-c/namespace-shop/deployment-cart',
        'kubescape.io/instance-id':
          'apiVersion-apps/v1/namespace-shop/kind-ReplicaSet/name-cart-7584b6f84c/containerName-cart',
        ...annotations,
      },
    },
    spec: {
      imageTag: 'cart:1',
      imageID: `sha256:${'a'.repeat(64)}`,
      execs: [{ path: '/bin/sh', args: ['-c'] }],
      opens: [{ path: '/etc/passwd' }, { path: '/bin/sh' }],
      ...spec,
    },
  });
  const read = (object: unknown, acceptPartial = false) => readContainerProfile(object, { acceptPartial });

  it('names image, container and used files', () => {
    expect(read(profile())).toEqual({
      outcome: 'used',
      imageTag: 'cart:1',
      imageHash: `sha256:${'a'.repeat(64)}`,
      wlid: 'wlid://cluster-c/namespace-shop/deployment-cart',
      containerName: 'cart',
      instanceID: expect.stringMatching(/^replicaset-cart-7584b6f84c-cart-[0-9a-f]{4}-[0-9a-f]{4}$/),
      paths: ['/bin/sh', '/etc/passwd'],
    });
  });

  it('that is partial is no failure, and is taken where that is asked for', () => {
    const partial = profile({ 'kubescape.io/completion': 'partial' });
    expect(read(partial).outcome).toBe('partial');
    expect(read(partial, true).outcome).toBe('used');
    expect(read(profile({ 'kubescape.io/completion': '' }), true).outcome).toBe('partial');
  });

  it.each([
    [undefined],
    [{ metadata: {}, spec: { execs: 'x' } }],
    [profile({ 'kubescape.io/status': 'initializing' })],
    [profile({ 'kubescape.io/wlid': '' })],
    [profile({ 'kubescape.io/instance-id': 'x' })],
    [profile({}, { imageTag: '' })],
  ])('that cannot be used says why (%#)', (object) => {
    expect(read(object)).toMatchObject({ outcome: 'unusable', detail: expect.stringContaining('profile') });
  });
});
