import type { SbomArtifact } from './sharable-sbom.ts';

/**
 * What Grype makes of Syft's package metadata (`grype/pkg.dataFromPkg`), taken apart: the part that decides what matches, and the part
 * that only stands in the output. Equal packages of different images differ in the second alone, e.g. in the path of a jar.
 */
export interface SplitMetadata {
  /** Goes to Grype. Undefined: Grype reads nothing of it. */
  readonly shared?: { readonly metadataType: string; readonly metadata: Record<string, unknown> };
  /** Put over `metadata` in Grype's output. */
  readonly own?: Record<string, unknown>;
}

type Fields = Readonly<Record<string, unknown>>;

/** Per metadata type; a type that is not here matters to no matcher. */
const splitters: Readonly<
  Record<string, (fields: Fields, artifact: SbomArtifact) => Omit<SplitMetadata, 'shared'> & { shared: Fields }>
> = {
  'dpkg-db-entry': (fields) => ({
    shared: pick(fields, ['package', 'source', 'version', 'sourceVersion', 'architecture']),
  }),
  'dpkg-archive-entry': (fields) => ({
    shared: pick(fields, ['package', 'source', 'version', 'sourceVersion', 'architecture']),
  }),
  'rpm-db-entry': (fields) => ({ shared: pick(fields, rpmFields) }),
  'rpm-archive': (fields) => ({ shared: pick(fields, rpmFields) }),
  'alpm-db-entry': (fields) => ({ shared: pick(fields, ['package', 'version', 'architecture', 'basepackage']) }),
  'apk-db-entry': (fields) => ({
    shared: { ...pick(fields, ['package', 'originPackage', 'version', 'architecture']), files: [] },
    ...ownFiles(fields),
  }),
  'java-archive': (fields) => ({
    shared: {
      virtualPath: '',
      ...manifestName(fields),
      ...(isFields(fields['pomProperties'])
        ? { pomProperties: pick(fields['pomProperties'], ['groupId', 'artifactId']) }
        : {}),
    },
    own: { virtualPath: textOf(fields['virtualPath']), archiveDigests: digestsOf(fields['digest']) },
  }),
  'java-jvm-installation': (fields) => ({ shared: { ...fields, files: [] } }),
  'go-module-buildinfo-entry': (fields, { name }) => ({
    shared: {
      goCompiledVersion: '',
      architecture: '',
      // Grype asks only whether this package is the main module (golang matcher).
      ...(fields['mainModule'] === name ? { mainModule: name } : {}),
      ...pick(fields, ['symbols']),
    },
    own: {
      goCompiledVersion: textOf(fields['goCompiledVersion']),
      architecture: textOf(fields['architecture']),
      ...nonEmpty(fields, ['goBuildSettings', 'h1Digest', 'mainModule']),
    },
  }),
  'go-module-entry': (fields) => ({ shared: fields }),
  'go-source-entry': (fields) => ({ shared: fields }),
};

const rpmFields = ['name', 'version', 'epoch', 'architecture', 'release', 'sourceRpm', 'modularityLabel'];

/** Of these Syft's reader makes up metadata from the package URL when there is none (`format/internal.Backfill`): theirs is kept whole. */
const backfilledTypes = new Set(['rpm', 'deb', 'apk', 'alpm', 'java-archive']);

export function splitMetadata(artifact: SbomArtifact): SplitMetadata {
  const { metadataType, metadata, type } = artifact;
  if (metadataType === undefined || metadata === undefined) return {};
  const split = splitters[metadataType];
  if (split === undefined) return backfilledTypes.has(type) ? { shared: { metadataType, metadata } } : {};
  const { shared, own } = split(metadata, artifact);
  return { shared: { metadataType, metadata: shared }, ...(own === undefined ? {} : { own }) };
}

/** Metadata types whose packages own files (`pkg.FileOwner` of Syft). */
const fileOwners = new Set([
  'alpm-db-entry',
  'apk-db-entry',
  'bitnami-sbom-entry',
  'conda-metadata-entry',
  'cpan-distribution',
  'dpkg-db-entry',
  'java-jvm-installation',
  'nix-store-entry',
  'portage-db-entry',
  'python-package',
  'rpm-db-entry',
]);

/** The paths that a package says it installed. */
export function ownedFiles({ metadataType, metadata }: SbomArtifact): string[] {
  if (metadata === undefined || !fileOwners.has(metadataType ?? '')) return [];
  return pathsOf(metadata).filter((path) => path !== '');
}

function pathsOf(fields: Fields): string[] {
  const { files } = fields;
  if (!Array.isArray(files)) return [];
  return files.map((file: unknown) => (typeof file === 'string' ? file : isFields(file) ? textOf(file['path']) : ''));
}

/** Grype lists the files of an apk package, and no metadata at all when there are neither files nor an architecture. */
function ownFiles(fields: Fields): Pick<SplitMetadata, 'own'> {
  const files = pathsOf(fields).map((path) => ({ path }));
  return files.length === 0 ? {} : { own: { files } };
}

function manifestName({ manifest }: Fields): Fields {
  if (!isFields(manifest) || !Array.isArray(manifest['main'])) return {};
  const main = manifest['main'].filter((entry: unknown) => isFields(entry) && entry['key'] === 'Name');
  return main.length === 0 ? {} : { manifest: { main } };
}

function digestsOf(list: unknown): readonly Fields[] | null {
  if (!Array.isArray(list) || list.length === 0) return null;
  return list.filter(isFields).map(({ algorithm, value }) => ({ algorithm: textOf(algorithm), value: textOf(value) }));
}

function pick(fields: Fields, names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(names.filter((name) => fields[name] !== undefined).map((name) => [name, fields[name]]));
}

/** Go leaves out what is empty. */
function nonEmpty(fields: Fields, names: readonly string[]): Record<string, unknown> {
  const isFilled = (value: unknown): boolean => (Array.isArray(value) || typeof value === 'string') && value.length > 0;
  return pick(
    fields,
    names.filter((name) => isFilled(fields[name])),
  );
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
