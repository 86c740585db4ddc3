import type { ComponentResults, GrypeAlertsObject, GrypeMatchObject } from './component-results.ts';
import type { OwnPart } from './project-artifact.ts';
import type { SbomProjection } from './project-sbom.ts';

/** A match of one image. `shared` is the same object for every image that has the package. */
export interface ImageMatch {
  readonly shared: GrypeMatchObject;
  readonly own: OwnPart;
}

export interface ImageResult {
  /** In Grype's order: the greatest risk first. */
  readonly matches: readonly ImageMatch[];
  readonly ignoredMatches: readonly ImageMatch[];
  readonly alerts: readonly { readonly shared: GrypeAlertsObject; readonly own: OwnPart }[];
}

/** What Grype would have answered about one image. Undefined when one of its components was not asked about. */
export function handBack(projection: SbomProjection, results: Pick<ComponentResults, 'get'>): ImageResult | undefined {
  const matches: ImageMatch[] = [];
  const ignoredMatches: ImageMatch[] = [];
  const alerts: { shared: GrypeAlertsObject; own: OwnPart }[] = [];
  for (const { key, own } of projection.components) {
    const result = results.get(key);
    if (result === undefined) return undefined;
    const ownOf = (place: number): OwnPart => {
      const part = own[place];
      if (part === undefined) throw new Error('a result does not fit its SBOM');
      return part;
    };
    for (const { place, match } of result.matches) matches.push({ shared: match, own: ownOf(place) });
    for (const { place, match } of result.ignoredMatches) ignoredMatches.push({ shared: match, own: ownOf(place) });
    for (const { place, alerts: shared } of result.alerts) alerts.push({ shared, own: ownOf(place) });
  }
  return { matches: matches.sort(compareMatches), ignoredMatches, alerts };
}

/** A match as Grype writes it for this image. */
export function grypeMatch({ shared, own }: ImageMatch): GrypeMatchObject {
  return { ...shared, artifact: ownArtifact(shared.artifact, own) };
}

/** The result as a document of Grype, without `source` and `descriptor`. */
export function grypeDocument({ matches, ignoredMatches, alerts }: ImageResult) {
  return {
    matches: matches.map(grypeMatch),
    ...(ignoredMatches.length === 0 ? {} : { ignoredMatches: ignoredMatches.map(grypeMatch) }),
    ...(alerts.length === 0
      ? {}
      : {
          alertsByPackage: alerts.map(({ shared, own }) => ({ ...shared, package: ownArtifact(shared.package, own) })),
        }),
  };
}

type GrypeArtifact = GrypeMatchObject['artifact'];

function ownArtifact(artifact: GrypeArtifact, { id, locations, metadata }: OwnPart): GrypeArtifact {
  if (metadata === undefined) return { ...artifact, id, locations };
  // Of an apk package without an architecture nothing was left that Grype would have shown.
  const shared = artifact['metadata'] ?? { Arch: '' };
  const metadataType = artifact['metadataType'] ?? 'ApkMetadata';
  return { ...artifact, id, locations, metadataType, metadata: { ...shared, ...metadata } };
}

const severities = ['critical', 'high', 'medium', 'low', 'negligible'];

/** Grype's default order (`presenter/models.SortByRisk`). */
function compareMatches({ shared: a }: ImageMatch, { shared: b }: ImageMatch): number {
  return (
    numberOf(b.vulnerability['risk']) - numberOf(a.vulnerability['risk']) ||
    severityRank(a) - severityRank(b) ||
    percentileOf(b) - percentileOf(a) ||
    compareText(a.artifact['name'], b.artifact['name']) ||
    compareText(a.artifact['version'], b.artifact['version']) ||
    compareText(a.artifact['type'], b.artifact['type']) ||
    compareText(a.vulnerability.id, b.vulnerability.id)
  );
}

function severityRank({ vulnerability }: GrypeMatchObject): number {
  const rank = severities.indexOf(String(vulnerability['severity']).toLowerCase());
  return rank < 0 ? severities.length : rank;
}

function percentileOf({ vulnerability }: GrypeMatchObject): number {
  const list: unknown = vulnerability['epss'];
  if (!Array.isArray(list)) return 0;
  return Math.max(0, ...list.map((entry: { percentile?: unknown } | null) => numberOf(entry?.percentile)));
}

function numberOf(value: unknown): number {
  return typeof value === 'number' ? value : 0;
}

function compareText(a: unknown, b: unknown): number {
  const [first, second] = [String(a), String(b)];
  if (first === second) return 0;
  return first < second ? -1 : 1;
}
