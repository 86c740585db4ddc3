import { advisory, type TestAdvisory } from '@kso/testkit/grype-database';
import {
  apk,
  binary,
  deb,
  goModule,
  type Image,
  indexes,
  type Json,
  jar,
  kernelHeaders,
  npm,
  python,
  rpm,
  seededRandom,
} from './cluster-match-packages.ts';

/** SBOMs as Syft writes them and advisories for them, the same ones every time. */

export const ecosystems = ['debian', 'ubuntu', 'alpine', 'rhel', 'distroless', 'python', 'node', 'java', 'go'] as const;
export type Ecosystem = (typeof ecosystems)[number];

export interface MadeSbom {
  readonly name: string;
  readonly ecosystem: Ecosystem;
  readonly document: Json;
}

const distributions: Readonly<Record<string, readonly Json[]>> = {
  debian: [
    {
      prettyName: 'Debian GNU/Linux 12 (bookworm)',
      name: 'Debian GNU/Linux',
      id: 'debian',
      version: '12 (bookworm)',
      versionID: '12',
      versionCodename: 'bookworm',
    },
    {
      prettyName: 'Debian GNU/Linux 11 (bullseye)',
      name: 'Debian GNU/Linux',
      id: 'debian',
      version: '11 (bullseye)',
      versionID: '11',
      versionCodename: 'bullseye',
    },
  ],
  ubuntu: [
    {
      prettyName: 'Ubuntu 22.04.3 LTS',
      name: 'Ubuntu',
      id: 'ubuntu',
      idLike: ['debian'],
      version: '22.04.3 LTS (Jammy Jellyfish)',
      versionID: '22.04',
      versionCodename: 'jammy',
    },
    {
      prettyName: 'Ubuntu 22.04.4 LTS',
      name: 'Ubuntu',
      id: 'ubuntu',
      idLike: ['debian'],
      version: '22.04.4 LTS (Jammy Jellyfish)',
      versionID: '22.04',
      versionCodename: 'jammy',
    },
    {
      prettyName: 'Ubuntu 24.04',
      name: 'Ubuntu',
      id: 'ubuntu',
      idLike: ['debian'],
      version: '24.04 LTS (Noble Numbat)',
      versionID: '24.04',
      versionCodename: 'noble',
    },
  ],
  alpine: [
    { prettyName: 'Alpine Linux v3.20', name: 'Alpine Linux', id: 'alpine', versionID: '3.20.1' },
    { prettyName: 'Alpine Linux v3.18', name: 'Alpine Linux', id: 'alpine', versionID: '3.18.4' },
  ],
  rhel: [
    {
      prettyName: 'Red Hat Enterprise Linux 9.3',
      name: 'Red Hat Enterprise Linux',
      id: 'rhel',
      idLike: ['fedora'],
      version: '9.3 (Plow)',
      versionID: '9.3',
    },
    {
      prettyName: 'Rocky Linux 9.3',
      name: 'Rocky Linux',
      id: 'rocky',
      idLike: ['rhel', 'centos', 'fedora'],
      version: '9.3 (Blue Onyx)',
      versionID: '9.3',
    },
  ],
  distroless: [
    {
      prettyName: 'Distroless',
      name: 'Debian GNU/Linux',
      id: 'debian',
      version: 'Debian GNU/Linux 12 (bookworm)',
      versionID: '12',
    },
  ],
};

const makers: Readonly<Record<Ecosystem, (image: Image, index: number) => Json[]>> = {
  debian: (image, index) => [deb(image, 'debian', index)],
  ubuntu: (image, index) => [deb(image, 'ubuntu', index)],
  distroless: (image, index) => [deb(image, 'debian', index)],
  alpine: (image, index) => [apk(image, index)],
  rhel: (image, index) => [rpm(image, index)],
  python: (image, index) => [python(image, index)],
  node: (image, index) => [npm(image, index)],
  // The same one in two places, as in two applications.
  java: (image, index) => [jar(image, index), ...(index % 6 === 0 ? [jar(image, index), jar(image, index)] : [])],
  go: (image, index) => [goModule(image, index), ...(index % 4 === 0 ? [goModule(image, index)] : [])],
};

/**
 * @param seed decides packages, versions, layers and architecture
 * @param explicitOverlaps Syft's own note of which package owns whose files; without it Grype works it out
 */
export function makeSbom(ecosystem: Ecosystem, seed: number, explicitOverlaps: boolean): MadeSbom {
  const random = seededRandom(seed);
  const layers = [...Array.from({ length: 3 }).keys()].map(
    (layer) => `sha256:${(seed * 7 + layer).toString(16).padStart(64, '0')}`,
  );
  const image: Image = { random, architecture: seed % 2 === 0 ? 'amd64' : 'arm64', layers, nextId: 0 };
  const artifacts = indexes.filter(() => random() < 0.75).flatMap((index) => makers[ecosystem](image, index));
  const relationships: Json[] = [];
  if (['debian', 'ubuntu', 'rhel', 'alpine', 'distroless'].includes(ecosystem)) {
    for (const owner of artifacts.filter((_, place) => place % 5 === 0))
      addOverlap(image, owner, artifacts, relationships);
    if (ecosystem === 'debian' || ecosystem === 'ubuntu') artifacts.push(kernelHeaders(image, ecosystem));
    // Nearly every image has something beside its distribution.
    for (const index of indexes.slice(0, 8)) artifacts.push(python(image, index), npm(image, index), jar(image, index));
  }
  const distro = distributions[ecosystem]?.[seed % (distributions[ecosystem]?.length ?? 1)] ?? {};
  return {
    name: `${ecosystem}-${seed}`,
    ecosystem,
    document: syftDocument(artifacts, explicitOverlaps ? relationships : [], distro),
  };
}

/** Puts something into the SBOM whose file an earlier package owns. */
function addOverlap(image: Image, owner: Json, artifacts: Json[], relationships: Json[]): void {
  const index = Number(/\d+$/.exec(String(owner['name']))?.[0]);
  const version = /^(?:\d+:)?([\d.]+)/.exec(String(owner['version']))?.[1] ?? '';
  const owned =
    index % 2 === 0
      ? binary(image, index, image.random() < 0.5 ? version : '0.1')
      : { ...python(image, index, `/usr/lib/python3/site-packages/py_lib${index}/METADATA`), version };
  artifacts.push(owned);
  relationships.push({
    parent: owner['id'],
    child: owned['id'],
    type: 'ownership-by-file-overlap',
    metadata: { files: [] },
  });
}

export function syftDocument(artifacts: readonly Json[], artifactRelationships: readonly Json[], distro: Json): Json {
  return {
    artifacts,
    artifactRelationships,
    files: [],
    source: {
      id: 'source',
      name: 'test',
      version: 'sha256:1',
      type: 'image',
      metadata: { userInput: 'test', layers: [] },
    },
    distro,
    descriptor: { name: 'syft', version: '1.57.0', configuration: {} },
    schema: {
      version: '16.1.13',
      url: 'https://raw.githubusercontent.com/anchore/syft/main/schema/json/schema-16.1.13.json',
    },
  };
}

/** Two or three advisories for most packages of the pools, with and without a fix. */
export function advisories(): TestAdvisory[] {
  const feeds: [ecosystem: string, name: (index: number) => string, version: (minor: number) => string][] = [
    ...['Debian:12', 'Debian:11', 'Ubuntu:22.04', 'Ubuntu:24.04'].map(
      (feed): [string, (index: number) => string, (minor: number) => string] => [
        feed,
        distributionName,
        (minor) => `1.${minor}-1`,
      ],
    ),
    ...['Alpine:v3.20', 'Alpine:v3.18'].map((feed): [string, (index: number) => string, (minor: number) => string] => [
      feed,
      distributionName,
      (minor) => `1.${minor}.0-r1`,
    ]),
    ['Red Hat:enterprise_linux:9::baseos', distributionName, (minor) => `0:1.${minor}-1.el9`],
    ['PyPI', (index) => `py-lib${index}`, (minor) => `1.${minor}`],
    ['npm', (index) => (index % 4 === 0 ? `@scope/js${index}` : `js${index}`), (minor) => `1.${minor}.0`],
    ['Maven', (index) => `org.group${index % 2}:jar${index >> 1}`, (minor) => `1.${minor}.0`],
    ['Go', (index) => `example.com/go/mod${index}`, (minor) => `1.${minor}.0`],
  ];
  const kernel = ['Debian:12', 'Debian:11', 'Ubuntu:22.04', 'Ubuntu:24.04'].map((ecosystem) =>
    advisory({ id: 'CVE-2025-1', ecosystem, package: 'linux', fixed: '2.0' }),
  );
  const others = feeds.flatMap(([ecosystem, name, version], feed) =>
    indexes.flatMap((index) =>
      [3, 6].map((minor, place) => {
        const number = 1000 + index * 2 + place;
        // Distributions speak of the same vulnerabilities, and so do packages for Python that are in both.
        const cve = `CVE-2025-${ecosystem === 'PyPI' ? number : number + (feed > 7 ? feed * 1000 : 0)}`;
        const isOwn = /^(PyPI|npm|Maven|Go)$/.test(ecosystem);
        return advisory({
          id: isOwn ? `GHSA-${ecosystem.toLowerCase()}-${index}-${place}` : cve,
          ...(isOwn ? { cve } : {}),
          ecosystem,
          package: name(index),
          ...(index % 6 === 5 ? {} : { fixed: version(minor) }),
          severity: (['LOW', 'MODERATE', 'HIGH', 'CRITICAL'] as const)[(index + place) % 4] ?? 'LOW',
        });
      }),
    ),
  );
  return [...kernel, ...others];
}

const distributionName = (index: number): string => (index % 3 === 0 ? `lib${index}` : `src${index >> 1}`);
