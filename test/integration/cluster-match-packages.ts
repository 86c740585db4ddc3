/** Packages as Syft describes them, drawn from pools of the same names. */

export type Json = Record<string, unknown>;

export type Random = () => number;

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

export const poolSize = 60;
export const indexes = [...Array.from({ length: poolSize }).keys()];

/** What packages of one image have in common. */
export interface Image {
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

export function deb(image: Image, distribution: string, index: number, minor = minorOf(image.random)): Json {
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
export function kernelHeaders(image: Image, distribution: string): Json {
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

export function apk(image: Image, index: number): Json {
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

export function rpm(image: Image, index: number): Json {
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

export function python(
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

export function npm(image: Image, index: number): Json {
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

export function jar(image: Image, index: number): Json {
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

export function goModule(image: Image, index: number): Json {
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
export function binary(image: Image, index: number, version: string): Json {
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
