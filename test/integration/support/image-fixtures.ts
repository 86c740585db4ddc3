import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import {
  alpinePackages,
  buildImage,
  buildIndex,
  debianPackages,
  type Image,
  largeLayer,
  layer,
  pythonPackage,
  redHatPackages,
  type TarEntry,
  tar,
} from '@kso/testkit/images';
import { javaArchive, realGoProgram, realNodePackage, realPythonPackage } from './package-fixtures.ts';

/** Images of different distributions and ecosystems, and such as cannot be scanned, by the name of their repository. */
export interface ImageFixtures {
  /** What `debian` is made of. */
  readonly debianFiles: readonly TarEntry[];
  readonly debian: Image;
  readonly all: Readonly<Record<string, Image>>;
}

const gibibyte = 1024 ** 3;

export function imageFixtures(): ImageFixtures {
  const debianFiles = [...debianPackages({ openssl: '3.0.7-1' }), ...realPythonPackage('Jinja2', '2.10')];
  const debian = buildImage({ layers: [layer(debianFiles)] });
  const windows = buildImage({ platform: 'windows/amd64', layers: [] });
  return {
    debianFiles,
    debian,
    all: {
      debian,
      alpine: buildImage({
        layers: [layer(alpinePackages({ busybox: '1.36.1-r15' })), layer(realNodePackage('lodash', '4.17.15'))],
      }),
      redhat: buildImage({
        layers: [
          layer(redHatPackages([{ name: 'openssl-libs', epoch: 1, version: '3.0.7', release: '1.el9' }])),
          layer(javaArchive('org.apache.logging.log4j', 'log4j-core', '2.14.1')),
        ],
      }),
      'scratch-go': buildImage({ layers: [layer(realGoProgram('golang.org/x/text', 'v0.3.6', 'language'))] }),
      multi: buildIndex([
        buildImage({ layers: [layer(pythonPackage('Jinja2', '2.10'))] }),
        buildImage({ platform: 'linux/arm64', layers: [layer(pythonPackage('Jinja2', '2.10.1'))] }),
      ]),
      windows: buildIndex([windows]),
      broken: buildImage({ layers: [layer([{ type: 'file', path: 'etc/broken', content: 'broken later' }])] }),
      large: buildImage({ layers: [largeLayer('var/zeros', 2 * gibibyte)] }),
    },
  };
}

/** Changes the bytes of an image's last layer where a registry keeps them. */
export function breakLayer(registryFolder: string, image: Image): void {
  const hex = [...image.blobs.keys()].at(-1)?.replace('sha256:', '') ?? '';
  const file = path.join(registryFolder, 'data/docker/registry/v2/blobs/sha256', hex.slice(0, 2), hex, 'data');
  writeFileSync(file, Buffer.alloc(statSync(file).size, 7));
}

/** What `docker save` writes. */
export function writeDockerArchive(file: string, name: string, image: Image): void {
  const [config, ...layers] = image.blobs;
  if (config === undefined) throw new Error('an index cannot be saved');
  const manifest = [
    { Config: 'config.json', RepoTags: [name], Layers: layers.map((_layer, index) => `${index}.tar.gz`) },
  ];
  const entries: TarEntry[] = [
    { type: 'file', path: 'manifest.json', content: JSON.stringify(manifest) },
    { type: 'file', path: 'config.json', content: config[1] },
    ...layers.map(([, content], index) => ({ type: 'file' as const, path: `${index}.tar.gz`, content })),
  ];
  writeFileSync(file, tar(entries));
}

export function unpack(root: string, files: readonly TarEntry[]): void {
  for (const entry of files) {
    if (entry.type !== 'file') continue;
    const file = path.join(root, entry.path);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, entry.content);
  }
}

/** Bytes of all files below a folder. */
export function sizeOf(folder: string): number {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return files.reduce((sum, { parentPath, name }) => sum + statSync(path.join(parentPath, name)).size, 0);
}

/** A certificate for this machine that nobody has signed; answers its text. */
export function makeCertificate({ certificate, key }: { readonly certificate: string; readonly key: string }): string {
  const subject = ['-subj', '/CN=registry of the test', '-addext', 'subjectAltName=IP:127.0.0.1,DNS:localhost'];
  const files = ['-keyout', key, '-out', certificate];
  const options = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  const { status, stderr } = spawnSync('openssl', [...options, ...subject, ...files], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`openssl failed: ${stderr}`);
  return readFileSync(certificate, 'utf8');
}
