import { advisory, type TestAdvisory } from '@kso/testkit/grype-database';

/** SBOMs as Syft writes them and advisories for them, the same ones every time. */

export type Json = Record<string, unknown>;

export const ecosystems = ['debian', 'ubuntu', 'alpine', 'rhel', 'distroless', 'python', 'node', 'java', 'go'] as const;
export type Ecosystem = (typeof ecosystems)[number];

export interface MadeSbom {
  readonly name: string;
  readonly ecosystem: Ecosystem;
  readonly document: Json;
}

type Random = () => number;

/** Mulberry32: small, and the same numbers everywhere. */
export function seededRandom(seed: number): Random {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

const poolSize = 60;
const indexes = [...Array.from({ length: poolSize }).keys()];

interface Image {
  readonly random: Random;
  readonly architecture: string;
  readonly layers: readonly string[];
  nextId: number;
}

const pick = <T>(random: Random, list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;

function location({ random, layers }: Image, path: string, evidence = 'primary'): Json {
  return { path, layerID: pick(random, layers), accessPath: path, annotations: { evidence } };
}

function artifact(image: Image, fields: Json & { name: string; version: string }): Json {
  image.nextId += 1;
  const { name, version } = fields;
  return {
    id: `${Math.floor(image.random() * 0xffffffff).toString(16)}${image.nextId}`,
    foundBy: 'test-cataloger',
    licenses: [
      {
        value: 'MIT',
        spdxExpression: 'MIT',
        type: 'declared',
        urls: [],
        locations: [location(image, `/licenses/${name}`)],
      },
    ],
    language: '',
    cpes: [
      {
        cpe: `cpe:2.3:a:${name.replaceAll(/[^a-z0-9]/g, '_')}:${name.replaceAll(/[^a-z0-9]/g, '_')}:${version.replaceAll(/[^a-z0-9.]/g, '_')}:*:*:*:*:*:*:*`,
        source: 'syft-generated',
      },
    ],
    purl: '',
    ...fields,
  };
}

const minorOf = (random: Random): number => Math.floor(random() * 8);

function deb(image: Image, distribution: string, index: number, minor = minorOf(image.random)): Json {
  const [name, version] = [`lib${index}`, `1.${minor}-1`];
  const copyright = `/usr/share/doc/${name}/copyright`;
  return artifact(image, {
    name,
    version,
    type: 'deb',
    locations: [
      location(image, '/var/lib/dpkg/status'),
      // Of every fourth one the folder is a link to that of the package before.
      location(image, index % 4 === 3 ? `/usr/share/doc/lib${index - 1}/copyright` : copyright, 'supporting'),
    ],
    purl: `pkg:deb/${distribution}/${name}@${version}?arch=${image.architecture}&upstream=src${index >> 1}`,
    metadataType: 'dpkg-db-entry',
    metadata: {
      package: name,
      source: index % 3 === 0 ? '' : `src${index >> 1}`,
      version,
      sourceVersion: index % 5 === 1 ? `1.${minor}-0` : '',
      architecture: image.architecture,
      maintainer: 'somebody',
      installedSize: Math.floor(image.random() * 1000),
      files: [
        { path: copyright, digest: { algorithm: 'md5', value: 'x' }, isConfigFile: false },
        { path: `/usr/lib/${name}.so` },
      ],
    },
  });
}

/** Grype ignores what the kernel's source package is affected by. */
function kernelHeaders(image: Image, distribution: string): Json {
  const found = deb(image, distribution, 0, 1);
  const metadata = { package: 'linux-libc-dev', source: 'linux', version: '1.1-1', sourceVersion: '', files: [] };
  return {
    ...found,
    name: 'linux-libc-dev',
    version: '1.1-1',
    purl: `pkg:deb/${distribution}/linux-libc-dev@1.1-1`,
    metadata,
  };
}

function apk(image: Image, index: number): Json {
  const [name, version] = [`lib${index}`, `1.${minorOf(image.random)}.0-r1`];
  return artifact(image, {
    name,
    version,
    type: 'apk',
    locations: [location(image, '/lib/apk/db/installed')],
    purl: `pkg:apk/alpine/${name}@${version}?arch=${image.architecture}`,
    metadataType: 'apk-db-entry',
    metadata: {
      package: name,
      originPackage: `src${index >> 1}`,
      version,
      architecture: image.architecture,
      size: 1,
      installedSize: 2,
      pullDependencies: ['so:libc.musl-x86_64.so.1'],
      files: index % 3 === 0 ? [] : [{ path: `/usr/lib/${name}.so` }, { path: `/etc/${name}` }],
    },
  });
}

function rpm(image: Image, index: number): Json {
  const [name, version] = [`lib${index}`, `${index % 7 === 0 ? '1:' : ''}1.${minorOf(image.random)}-1.el9`];
  return artifact(image, {
    name,
    version,
    type: 'rpm',
    locations: [location(image, '/var/lib/rpm/rpmdb.sqlite')],
    purl: `pkg:rpm/redhat/${name}@${version}?arch=${image.architecture}`,
    metadataType: 'rpm-db-entry',
    metadata: {
      name,
      version: '1',
      epoch: index % 7 === 0 ? 1 : null,
      architecture: image.architecture === 'arm64' ? 'aarch64' : 'x86_64',
      release: '1.el9',
      sourceRpm: `src${index >> 1}-1.${minorOf(image.random)}-1.el9.src.rpm`,
      size: 3,
      vendor: 'somebody',
      ...(index % 6 === 0 ? { modularityLabel: pick(image.random, ['nodejs:18:1:a', 'nodejs:20:1:a']) } : {}),
      files: [{ path: `/usr/lib/${name}.so` }, { path: `/usr/lib/python3/site-packages/py_lib${index}/METADATA` }],
    },
  });
}

function python(
  image: Image,
  index: number,
  path = `/opt/venv${Math.floor(image.random() * 3)}/py_lib${index}/METADATA`,
): Json {
  const [name, version] = [`py-lib${index}`, `1.${minorOf(image.random)}`];
  return artifact(image, {
    name,
    version,
    type: 'python',
    language: 'python',
    locations: [location(image, path), location(image, path.replace('METADATA', 'RECORD'), 'supporting')],
    purl: `pkg:pypi/${name}@${version}`,
    metadataType: 'python-package',
    metadata: {
      name,
      version,
      platform: '',
      files: [{ path: `py_lib${index}/__init__.py` }],
      sitePackagesRootPath: path,
    },
  });
}

function npm(image: Image, index: number): Json {
  const [name, version] = [index % 4 === 0 ? `@scope/js${index}` : `js${index}`, `1.${minorOf(image.random)}.0`];
  return artifact(image, {
    name,
    version,
    type: 'npm',
    language: 'javascript',
    locations: [location(image, `/app/${Math.floor(image.random() * 5)}/node_modules/${name}/package.json`)],
    purl: `pkg:npm/${name.replace('@', '%40')}@${version}`,
    metadataType: 'javascript-npm-package',
    metadata: { name, version, author: 'somebody', homepage: '', description: 'x', url: '', private: false },
  });
}

function jar(image: Image, index: number): Json {
  const [name, version] = [`jar${index >> 1}`, `1.${minorOf(image.random)}.0`];
  const group = `org.group${index % 2}`;
  const path = `/app/${Math.floor(image.random() * 5)}/${name}-${version}.jar`;
  return artifact(image, {
    name,
    version,
    type: 'java-archive',
    language: 'java',
    locations: [location(image, path)],
    purl: `pkg:maven/${group}/${name}@${version}`,
    metadataType: 'java-archive',
    metadata: {
      virtualPath: path,
      manifest: {
        main: [{ key: 'Manifest-Version', value: '1.0' }, ...(index % 5 === 0 ? [{ key: 'Name', value: name }] : [])],
      },
      ...(index % 3 === 0
        ? {}
        : { pomProperties: { path: 'META-INF', name: '', groupId: group, artifactId: name, version } }),
      ...(index % 4 === 0 ? {} : { digest: [{ algorithm: 'sha1', value: `${image.nextId}` }] }),
    },
  });
}

function goModule(image: Image, index: number): Json {
  const isMain = image.random() < 0.1;
  const [name, version] = [
    `example.com/go/mod${index}`,
    isMain && image.random() < 0.5 ? '(devel)' : `v1.${minorOf(image.random)}.0`,
  ];
  const binary = `bin${Math.floor(image.random() * 3)}`;
  return artifact(image, {
    name,
    version,
    type: 'go-module',
    language: 'go',
    locations: [location(image, `/usr/bin/${binary}`)],
    purl: `pkg:golang/${name}@${version}`,
    metadataType: 'go-module-buildinfo-entry',
    metadata: {
      goCompiledVersion: pick(image.random, ['go1.24.1', 'go1.25.0']),
      architecture: image.architecture,
      ...(image.random() < 0.5 ? { h1Digest: `h1:${index}` } : {}),
      mainModule: isMain ? name : `example.com/main/${binary}`,
      ...(isMain ? { goBuildSettings: [{ key: 'CGO_ENABLED', value: '0' }] } : {}),
    },
  });
}

/** What a program itself says it is; the package of the distribution that owns its file knows better. */
function binary(image: Image, index: number, version: string): Json {
  return artifact(image, {
    name: `tool${index}`,
    version,
    type: 'binary',
    locations: [location(image, `/usr/lib/lib${index}.so`)],
    purl: `pkg:generic/tool${index}@${version}`,
    metadataType: 'binary-signature',
    metadata: { matches: [{ classifier: 'x', location: location(image, `/usr/lib/lib${index}.so`) }] },
  });
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
