import { createHash } from 'node:crypto';
import { findComponents, type Ownership } from './components.ts';
import { type OwnPart, projectArtifact, type SharedArtifact } from './project-artifact.ts';
import { SharableSbom } from './sharable-sbom.ts';

/** Changes with the shape of projections and with what they leave out: those of another version are made anew. */
export const projectionVersion = 1;

/** Packages of an image that are matched together, see `findComponents`. */
export interface ProjectedComponent {
  /** Equal exactly for components that Grype cannot tell apart: same distribution, same packages, same ownership. */
  readonly key: string;
  readonly packages: readonly SharedArtifact[];
  /** Indexes into `packages`. */
  readonly ownerships: readonly Ownership[];
  /** Of the same length as `packages`. */
  readonly own: readonly OwnPart[];
}

/** All that matching one image takes out of its SBOM: a tenth of its size, and cut so that images can share the work. */
export interface SbomProjection {
  readonly version: typeof projectionVersion;
  readonly group: MatchGroup;
  readonly components: readonly ProjectedComponent[];
}

/** Only packages of one group go through Grype together. */
export interface MatchGroup {
  readonly distro: SharableSbom['distro'];
  readonly schema: SharableSbom['schema'];
}

/**
 * Cuts a Syft document into what images share and what is their own.
 * Undefined for a document that cannot be cut (two packages of one id): it has to be matched by itself.
 * @throws ZodError when it is no Syft document
 */
export function projectSbom(document: unknown): SbomProjection | undefined {
  const sbom = SharableSbom.parse(document);
  const { artifacts } = sbom;
  if (new Set(artifacts.map(({ id }) => id)).size < artifacts.length) return undefined;
  const projected = artifacts.map(projectArtifact);
  const identities = projected.map(({ shared }) => hash(JSON.stringify(shared)));
  const group = { distro: distributionOf(sbom), schema: sbom.schema };
  const groupKey = JSON.stringify(group);
  const components = findComponents(sbom, identities).map(({ members, ownerships }): ProjectedComponent => {
    // In an order that does not depend on the SBOM.
    const sorted = members.toSorted((a, b) => compare(identities[a], identities[b]) || a - b);
    const places = new Map(sorted.map((index, place) => [index, place]));
    const edges = ownerships
      .map(([owner, owned]): Ownership => [places.get(owner) ?? 0, places.get(owned) ?? 0])
      .sort((a, b) => a[0] - b[0] || a[1] - b[1]);
    const parts = sorted.flatMap((index) => projected[index] ?? []);
    return {
      key: hash(JSON.stringify([groupKey, sorted.map((index) => identities[index]), edges])),
      packages: parts.map(({ shared }) => shared),
      ownerships: edges,
      own: parts.map(({ own }) => own),
    };
  });
  return { version: projectionVersion, group, components };
}

/** Grype reads `version` only where `versionID` is no version. */
function distributionOf({ distro: { version, ...rest } }: SharableSbom): SharableSbom['distro'] {
  const isVersion = /^\d+(\.\d+){0,2}$/.test(rest.versionID ?? '');
  return version === undefined || isVersion ? rest : { ...rest, version };
}

function compare(a = '', b = ''): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('base64url').slice(0, 27);
}
