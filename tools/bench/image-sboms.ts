import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { OsvAdvisory, readAdvisories } from '@kso/engines';
import { buildImage, debianBaseLayer, writeImageLayout } from '@kso/testkit/images';
import { requireProgram } from '@kso/testkit/programs';
import { type Random, seededRandom } from '@kso/testkit';

/** SBOMs of images that share bases and libraries as those of a cluster do: real packages, drawn by popularity. */

type Json = Record<string, unknown>;

interface Base {
  readonly artifacts: readonly (Json & { readonly id: string; readonly name: string })[];
  readonly artifactRelationships: readonly { readonly parent: string; readonly child: string }[];
}

interface Library {
  readonly ecosystem: 'PyPI' | 'Go';
  readonly name: string;
  readonly versions: readonly string[];
}

export interface SbomSource {
  /** Syft's own SBOM of a Debian userland. */
  readonly base: Base & Json;
  /** Most popular first. */
  readonly libraries: Readonly<Record<Library['ecosystem'], readonly Library[]>>;
}

const baseVariants = 8;

/** Of one library in a cluster. */
const versionsInUse = 4;

/** @param advisoriesFile OSV records, of which the names and versions of libraries are taken */
export async function readSbomSource(folder: string, advisoriesFile: string): Promise<SbomSource> {
  const layout = path.join(folder, 'base');
  mkdirSync(layout, { recursive: true });
  writeImageLayout(layout, { base: buildImage({ layers: [debianBaseLayer()] }) });
  const { stdout, status, stderr } = spawnSync(
    requireProgram('syft'),
    ['scan', `oci-dir:${layout}`, '--select-catalogers', '-file', '-o', 'syft-json', '-q'],
    { encoding: 'utf8', maxBuffer: 256 * 1024 * 1024, env: { ...process.env, SYFT_CHECK_FOR_APP_UPDATE: 'false' } },
  );
  rmSync(layout, { recursive: true });
  if (status !== 0) throw new Error(`Syft ended with ${status}: ${stderr}`);
  return { base: JSON.parse(stdout) as Base & Json, libraries: await readLibraries(advisoriesFile) };
}

async function readLibraries(file: string): Promise<SbomSource['libraries']> {
  const versions = { PyPI: new Map<string, Set<string>>(), Go: new Map<string, Set<string>>() };
  for await (const record of readAdvisories(file)) {
    for (const { package: item, ranges } of OsvAdvisory.safeParse(record).data?.affected ?? []) {
      const byName = item.ecosystem === 'PyPI' || item.ecosystem === 'Go' ? versions[item.ecosystem] : undefined;
      const events = ranges.filter(({ type }) => type !== 'GIT').flatMap((range) => range.events);
      const known = events.flatMap(({ introduced, fixed }) => [introduced, fixed]);
      for (const version of known) {
        if (version === undefined || version === '0') continue;
        const names = byName?.get(item.name) ?? new Set();
        byName?.set(item.name, names.add(version));
      }
    }
  }
  const list = (ecosystem: Library['ecosystem']) =>
    [...versions[ecosystem]]
      .map(([name, known]): Library => ({ ecosystem, name, versions: [...known].slice(-versionsInUse) }))
      // Popular is not what has many vulnerabilities: any order that has nothing to do with them.
      .sort((a, b) => compare(a.name.split('').toReversed().join(''), b.name.split('').toReversed().join('')));
  return { PyPI: list('PyPI'), Go: list('Go') };
}

/** The SBOM of image `number`: a variant of the base, and either a Python application or a Go program on it. */
export function makeSbom({ base, libraries }: SbomSource, number: number): Json {
  const random = seededRandom(number + 1);
  const variant = number % baseVariants;
  const kept = base.artifacts.filter((_, index) => (index * 7 + variant) % 11 !== 0);
  const ids = new Set(kept.map(({ id }) => id));
  const gone = new Set(base.artifacts.map(({ id }) => id).filter((id) => !ids.has(id)));
  // Versions of the same application share most of what it needs.
  const application = seededRandom(Math.floor(number / 3) + 1_000_000);
  const program = `app-${Math.floor(number / 3)}`;
  const isGo = Math.floor(number / 3) % 5 < 2;
  const needed = isGo ? draw(application, libraries.Go, 60) : draw(application, libraries.PyPI, 35);
  const layer = `sha256:${number.toString(16).padStart(64, '0')}`;
  const added = needed.map((library, index) => {
    // Now and then one is of another version than in the release before.
    const version = pick(random.chance(0.1) ? random : seededRandom(Math.floor(number / 3) + index), library.versions);
    return isGo ? goModule(library, version, program, layer) : pythonPackage(library, version, layer);
  });
  return {
    ...base,
    artifacts: [...kept, ...added].map((artifact, index) =>
      index < kept.length ? artifact : { ...artifact, id: `a${index}` },
    ),
    artifactRelationships: base.artifactRelationships.filter(
      ({ parent, child }) => !gone.has(parent) && !gone.has(child),
    ),
  };
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function draw(random: Random, from: readonly Library[], count: number): Library[] {
  const drawn = new Set<Library>();
  while (drawn.size < count) {
    // Few are everywhere, and many are rare.
    const library = from[Math.floor(from.length * (random.between(0, 9999) / 10_000) ** 3)];
    if (library !== undefined) drawn.add(library);
  }
  return [...drawn];
}

function pick(random: Random, list: readonly string[]): string {
  return list[random.between(0, list.length - 1)] ?? '';
}

function pythonPackage({ name: written }: Library, version: string, layerID: string): Json {
  const name = written.toLowerCase();
  const metadata = `/usr/lib/python3/dist-packages/${name}-${version}.dist-info/METADATA`;
  return {
    name,
    version,
    type: 'python',
    foundBy: 'python-installed-package-cataloger',
    locations: [
      { path: metadata, layerID, accessPath: metadata, annotations: { evidence: 'primary' } },
      {
        path: metadata.replace('METADATA', 'RECORD'),
        layerID,
        accessPath: metadata,
        annotations: { evidence: 'supporting' },
      },
    ],
    licenses: [
      {
        value: 'MIT',
        spdxExpression: 'MIT',
        type: 'declared',
        urls: [],
        locations: [{ path: metadata, layerID, accessPath: metadata }],
      },
    ],
    language: 'python',
    cpes: [
      { cpe: `cpe:2.3:a:python-${name}:python-${name}:${version}:*:*:*:*:*:*:*`, source: 'syft-generated' },
      { cpe: `cpe:2.3:a:${name}:${name}:${version}:*:*:*:*:*:*:*`, source: 'syft-generated' },
    ],
    purl: `pkg:pypi/${name}@${version}`,
    metadataType: 'python-package',
    metadata: {
      name,
      version,
      platform: 'any',
      files: Array.from({ length: 30 }, (_, index) => ({ path: `${name}/module-${index}.py`, size: '100' })),
      sitePackagesRootPath: '/usr/lib/python3/dist-packages',
    },
  };
}

function goModule({ name }: Library, version: string, program: string, layerID: string): Json {
  const file = `/usr/bin/${program}`;
  return {
    name,
    version: `v${version}`,
    type: 'go-module',
    foundBy: 'go-module-binary-cataloger',
    locations: [{ path: file, layerID, accessPath: file, annotations: { evidence: 'primary' } }],
    licenses: [],
    language: 'go',
    cpes: [{ cpe: `cpe:2.3:a:${name.replaceAll('/', '\\/')}:v${version}:*:*:*:*:*:*:*:*`, source: 'syft-generated' }],
    purl: `pkg:golang/${name}@v${version}`,
    metadataType: 'go-module-buildinfo-entry',
    metadata: {
      goCompiledVersion: 'go1.25.4',
      architecture: 'amd64',
      h1Digest: `h1:${name}`,
      mainModule: `example.com/${program}`,
    },
  };
}

/** Advisories about the packages of the base: three for each source package, of which one has a fix. */
export function* baseAdvisories({ base }: SbomSource): Generator {
  const sources = new Set(
    base.artifacts.flatMap(({ name, type, metadata }) => {
      if (type !== 'deb') return [];
      const { source = '' } = (metadata ?? {}) as { source?: string };
      return [source === '' ? name : source];
    }),
  );
  let number = 10_000;
  for (const name of sources) {
    for (const events of [
      [{ introduced: '0' }],
      [{ introduced: '0' }, { fixed: '999:1' }],
      [{ introduced: '0' }, { fixed: '0.0.1' }],
    ]) {
      number += 1;
      yield {
        id: `CVE-2026-${number}`,
        summary: `A made advisory about ${name}, of the length that such texts have, so that what is written is of a true size.`,
        severity: [{ type: 'CVSS_V3', score: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N' }],
        affected: [{ package: { ecosystem: 'Debian:12', name }, ranges: [{ type: 'ECOSYSTEM', events }] }],
      };
    }
  }
}
