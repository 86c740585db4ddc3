import { GrypeDocument, type GrypeMatch, SyftDocument } from '@kso/engines/documents';
import type { ImageFinding, ImageHistoryEntry, ImageMatches } from '@kso/wire';
import { z } from 'zod';

/** What is known of an image beside what the engines wrote. */
export interface MatchedImage {
  readonly digest: string;
  readonly platform: string;
  readonly engines: ImageMatches['engines'];
  readonly database: ImageMatches['database'];
}

const maxDescriptionCharacters = 4000;

const ImageConfiguration = z.object({
  rootfs: z.object({ diff_ids: z.array(z.string()) }),
  history: z
    .array(
      z.object({
        created: z.string().optional(),
        created_by: z.string().optional(),
        empty_layer: z.boolean().optional(),
      }),
    )
    .nullish(),
});

/** Reads what Syft and Grype wrote of an image. @throws ZodError when they wrote something else than they are known to. */
export function imageMatches(image: MatchedImage, sbom: unknown, result: unknown): ImageMatches {
  const document = SyftDocument.parse(sbom);
  const grype = GrypeDocument.parse(result);
  const { distro, source, artifacts } = document;
  const distribution = [distro?.id, distro?.versionID].filter(Boolean).join(' ');
  return {
    ...image,
    size: source.metadata?.imageSize ?? 0,
    ...(distribution === '' ? {} : { distribution }),
    packages: artifacts.length,
    history: historyOf(source.metadata),
    findings: grype.matches.map(findingOf),
    alerts: alertsOf(grype),
  };
}

/** What is told of a match. Of the artifact only what all images with the package have in common, beside its locations. */
export function findingOf({ vulnerability, relatedVulnerabilities, matchDetails, artifact }: GrypeMatch): ImageFinding {
  const description = vulnerability.description || (relatedVulnerabilities[0]?.description ?? '');
  return {
    id: vulnerability.id,
    severity: vulnerability.severity,
    description: description.slice(0, maxDescriptionCharacters),
    dataSource: vulnerability.dataSource,
    related: relatedVulnerabilities.map(({ id }) => id).filter((id) => id !== vulnerability.id),
    cvss: vulnerability.cvss.map(({ version, vector }) => ({ version, vector })),
    package: { name: artifact.name, version: artifact.version, type: artifact.type, purl: artifact.purl },
    fix: vulnerability.fix,
    fixKnown: isFixKnown(vulnerability.fix, matchDetails),
    matchType: matchDetails[0]?.type ?? '',
    ...exploitationOf(vulnerability),
    locations: artifact.locations.map(({ path, layerID }) => ({ path, layer: layerID ?? '' })),
  };
}

/** Where a record has several (one for each CVE that an advisory stands for), the worst. */
function exploitationOf({ epss, knownExploited }: GrypeMatch['vulnerability']) {
  const [likeliest] = (epss ?? []).toSorted((a, b) => b.epss - a.epss);
  const [exploited] = (knownExploited ?? []).toSorted((a, b) => (a.dateAdded < b.dateAdded ? -1 : 1));
  const isRansomware = (knownExploited ?? []).some(
    ({ knownRansomwareCampaignUse: use }) => use?.toLowerCase() === 'known',
  );
  return {
    ...(likeliest === undefined
      ? {}
      : { epss: { probability: likeliest.epss, percentile: likeliest.percentile, date: likeliest.date } }),
    ...(exploited === undefined
      ? {}
      : { knownExploited: { dateAdded: exploited.dateAdded, ransomware: isRansomware } }),
  };
}

/** kubevuln.md 9.4: versions, the state, or a CPE match whose affected range has an end. */
function isFixKnown(fix: GrypeMatch['vulnerability']['fix'], details: GrypeMatch['matchDetails']): boolean {
  if (fix.versions.length > 0 || fix.state === 'fixed') return true;
  return details.some(({ type, found }) => type === 'cpe-match' && found?.versionConstraint?.includes('<') === true);
}

const Alerts = z.array(z.looseObject({ alerts: z.array(z.looseObject({ type: z.string() })) }));

/** The kinds of alerts, each once: they come per package, and concern the whole distribution. */
export function alertsOf({ alertsByPackage }: Pick<GrypeDocument, 'alertsByPackage'>): string[] {
  const alerts = Alerts.safeParse(alertsByPackage ?? []);
  if (!alerts.success) return [];
  return [...new Set(alerts.data.flatMap((entry) => entry.alerts.map(({ type }) => type)))];
}

/** The steps that made the image. Without a history, its layers alone. */
function historyOf(metadata: SyftDocument['source']['metadata']): ImageHistoryEntry[] {
  const sizes = new Map(metadata?.layers?.map(({ digest, size }) => [digest, size]));
  const layerEntry = (layer: string): ImageHistoryEntry => {
    const size = sizes.get(layer);
    return { layer, ...(size === undefined ? {} : { size }) };
  };
  const configuration = configurationOf(metadata?.config);
  if (configuration === undefined) return [...sizes.keys()].map(layerEntry);
  const { rootfs, history } = configuration;
  if (history === undefined || history === null) return rootfs.diff_ids.map(layerEntry);
  const layers = rootfs.diff_ids.values();
  return history.map(({ created, created_by, empty_layer }) => {
    const layer = empty_layer === true ? undefined : layers.next().value;
    return {
      ...(layer === undefined ? {} : layerEntry(layer)),
      ...(created_by === undefined ? {} : { createdBy: created_by }),
      ...(created === undefined ? {} : { createdTime: created }),
    };
  });
}

function configurationOf(base64: string | undefined): z.infer<typeof ImageConfiguration> | undefined {
  try {
    return ImageConfiguration.safeParse(JSON.parse(Buffer.from(base64 ?? '', 'base64').toString('utf8'))).data;
  } catch {
    return undefined;
  }
}
