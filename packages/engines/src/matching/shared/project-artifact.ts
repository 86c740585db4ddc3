import { splitMetadata } from './package-metadata.ts';
import type { SbomArtifact, SbomLocation } from './sharable-sbom.ts';

/**
 * A package as Grype is asked about it once for all images: all that its matching reads (types, names, versions, CPEs, package URL,
 * licences, the metadata of `splitMetadata`), and nothing that says where it lies. Equal texts are the same package.
 */
export type SharedArtifact = Readonly<Record<string, unknown>>;

/** What one image says of a package beside that; it is put into Grype's answer again. */
export interface OwnPart {
  readonly id: string;
  /** As Grype writes them; null for none. */
  readonly locations: readonly SbomLocation[] | null;
  readonly metadata?: Readonly<Record<string, unknown>>;
}

export function projectArtifact(artifact: SbomArtifact): { readonly shared: SharedArtifact; readonly own: OwnPart } {
  const { name, version, type, language, purl } = artifact;
  const metadata = splitMetadata(artifact);
  return {
    shared: {
      name,
      version,
      type,
      language,
      // Without where they were found and the addresses of their texts: Grype prints the values alone.
      licenses: (artifact.licenses ?? []).map((license) => ({ ...license, urls: [], locations: [] })),
      cpes: artifact.cpes ?? [],
      purl,
      ...metadata.shared,
    },
    own: {
      id: artifact.id,
      locations: grypeLocations(artifact.locations ?? []),
      ...(metadata.own === undefined ? {} : { metadata: metadata.own }),
    },
  };
}

/** As `file.LocationSet` of Syft keeps and sorts them: each once, primary evidence first, then by layer and path. */
function grypeLocations(locations: readonly SbomLocation[]): SbomLocation[] | null {
  const unique = new Map<string, SbomLocation>();
  for (const { path, layerID, fullPath, accessPath, annotations } of locations) {
    const location = {
      path,
      ...(layerID === undefined || layerID === '' ? {} : { layerID }),
      ...(fullPath === undefined || fullPath === '' || fullPath === path ? {} : { fullPath }),
      accessPath: accessPath ?? '',
    };
    const key = JSON.stringify(location);
    if (unique.has(key)) continue;
    const isAnnotated = annotations !== undefined && Object.keys(annotations).length > 0;
    unique.set(key, { ...location, ...(isAnnotated ? { annotations } : {}) });
  }
  return unique.size === 0 ? null : [...unique.values()].sort(compareLocations);
}

function compareLocations(a: SbomLocation, b: SbomLocation): number {
  return (
    compareEvidence(a, b) ||
    compareText(a.layerID ?? '', b.layerID ?? '') ||
    compareText(a.accessPath ?? '', b.accessPath ?? '') ||
    compareText(a.path, b.path) ||
    compareText(a.fullPath ?? a.path, b.fullPath ?? b.path)
  );
}

function compareEvidence(a: SbomLocation, b: SbomLocation): number {
  const [first, second] = [a.annotations?.['evidence'] ?? '', b.annotations?.['evidence'] ?? ''];
  if (first === second) return 0;
  if (first === 'primary') return -1;
  if (second === 'primary') return 1;
  return compareText(second, first);
}

/** Go compares bytes; the order of UTF-16 units is another one. */
function compareText(a: string, b: string): number {
  return a === b ? 0 : Buffer.compare(Buffer.from(a), Buffer.from(b));
}
