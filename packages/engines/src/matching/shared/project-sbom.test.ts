import { describe, expect, it } from 'vitest';
import { projectSbom } from './project-sbom.ts';

type Fields = Record<string, unknown>;

const debian = { prettyName: 'Debian GNU/Linux 12', id: 'debian', version: '12 (bookworm)', versionID: '12' };

const libssl = (changes: Fields = {}): Fields => ({
  id: 'a',
  name: 'libssl3',
  version: '3.0.7-1',
  type: 'deb',
  locations: [{ path: '/var/lib/dpkg/status', layerID: 'sha256:one', accessPath: '/var/lib/dpkg/status' }],
  licenses: [
    { value: 'MIT', urls: ['https://example.com'], locations: [{ path: '/copyright', layerID: 'sha256:one' }] },
  ],
  purl: 'pkg:deb/debian/libssl3@3.0.7-1',
  metadataType: 'dpkg-db-entry',
  metadata: {
    package: 'libssl3',
    source: 'openssl',
    version: '3.0.7-1',
    sourceVersion: '',
    installedSize: 1,
    files: [],
  },
  ...changes,
});

interface Surroundings {
  readonly relationships?: readonly Fields[];
  readonly distro?: Fields;
}

function project(artifacts: readonly Fields[], { relationships = [], distro = debian }: Surroundings = {}) {
  const schema = { version: '16.1.13', url: '' };
  const projection = projectSbom({ artifacts, artifactRelationships: relationships, distro, schema });
  if (projection === undefined) throw new Error('not sharable');
  return projection;
}

const keyOf = (artifact: Fields, distro: Fields = debian) => project([artifact], { distro }).components[0]?.key;

describe('a package is the same for Grype', () => {
  it.each<[string, Fields]>([
    ['of another id', { id: 'b' }],
    ['in another place', { locations: [{ path: '/elsewhere', layerID: 'sha256:two' }] }],
    ['with its licence found elsewhere', { licenses: [{ value: 'MIT', urls: [], locations: [{ path: '/x' }] }] }],
    ['found by another cataloguer', { foundBy: 'other' }],
  ])('%s', (_what, changes) => {
    expect(keyOf(libssl(changes))).toBe(keyOf(libssl()));
  });

  it('whatever the point release is called', () => {
    const ubuntu = (version: string) => ({
      id: 'ubuntu',
      prettyName: `Ubuntu ${version}`,
      version,
      versionID: '22.04',
    });
    expect(keyOf(libssl(), ubuntu('22.04.3 LTS'))).toBe(keyOf(libssl(), ubuntu('22.04.4 LTS')));
  });
});

describe('a package is another one for Grype', () => {
  it.each<[string, Fields]>([
    ['of another version', { version: '3.0.8-1' }],
    ['of another type', { type: 'rpm' }],
    ['of another package URL', { purl: 'pkg:deb/debian/libssl3@3.0.7-1?arch=arm64' }],
    ['of other CPEs', { cpes: [{ cpe: 'cpe:2.3:a:openssl:openssl:3.0.7:*:*:*:*:*:*:*' }] }],
    ['of another source package', { metadata: { package: 'libssl3', source: 'other', version: '3.0.7-1' } }],
    ['without metadata', { metadata: undefined, metadataType: undefined }],
    ['of another licence', { licenses: [{ value: 'GPL-2' }] }],
  ])('%s', (_what, changes) => {
    expect(keyOf(libssl(changes))).not.toBe(keyOf(libssl()));
  });

  it('of another release of the distribution', () => {
    expect(keyOf(libssl(), { ...debian, versionID: '11' })).not.toBe(keyOf(libssl()));
    // Where the release is told by its version alone, that counts.
    expect(keyOf(libssl(), { id: 'debian', version: 'sid' })).not.toBe(
      keyOf(libssl(), { id: 'debian', version: 'trixie' }),
    );
  });

  it('that the files of another one belong to', () => {
    const owner = libssl({ id: 'owner', name: 'owner' });
    const together = project([owner, libssl()], {
      relationships: [{ parent: 'owner', child: 'a', type: 'ownership-by-file-overlap' }],
    });
    expect(together.components).toHaveLength(1);
    expect(together.components[0]).toMatchObject({ ownerships: [[expect.any(Number), expect.any(Number)]] });
    expect(project([owner, libssl()]).components).toHaveLength(2);
  });
});

describe('packages of one SBOM', () => {
  it('stay together when a note about one may be one about the other', () => {
    const jar = (id: string, groupId: string) => ({
      ...libssl({ id, name: 'core', version: '1', type: 'java-archive', metadataType: 'java-archive' }),
      metadata: { virtualPath: `/${id}.jar`, pomProperties: { groupId, artifactId: 'core' } },
    });
    expect(project([jar('a', 'com.one'), jar('b', 'com.two')]).components).toHaveLength(1);
    expect(project([jar('a', 'com.one'), jar('b', 'com.one')]).components).toHaveLength(2);
  });

  it('of one id cannot be told apart: such an SBOM is matched by itself', () => {
    const schema = { version: '16.1.13' };
    expect(projectSbom({ artifacts: [libssl(), libssl({ name: 'other' })], schema })).toBeUndefined();
  });

  it('give back the places where Grype would show them, each once', () => {
    const location = (path: string, evidence: string) => ({
      path,
      layerID: 'l',
      accessPath: path,
      annotations: { evidence },
    });
    const locations = [
      location('/b', 'supporting'),
      location('/a', 'supporting'),
      location('/z', 'primary'),
      location('/a', 'supporting'),
    ];
    const [component] = project([libssl({ locations })]).components;
    expect(component?.own[0]?.locations?.map(({ path }) => path)).toEqual(['/z', '/a', '/b']);
    expect(project([libssl({ locations: [] })]).components[0]?.own[0]?.locations).toBeNull();
  });
});
