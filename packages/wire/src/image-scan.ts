import { z } from 'zod';
import { VulnerabilityDatabaseInfo } from './container-scan.ts';

/** Stored objects of image scans: what is known of an image, and what that means for one container of a workload. */

/** Kind of `ImageMatches` in a result store; the key is `imageMatchesKey`. */
export const imageMatchesKind = 'image-matches';
/** Kind of `ImageScanRecord` in a result store; the key is `imageScanRecordKey`. */
export const imageScanRecordKind = 'image-scan';

/** One vulnerability in one package of an image. */
export const ImageFinding = z.object({
  id: z.string(),
  /** As the advisory says: `Critical` … `Negligible`, or `Unknown`. */
  severity: z.string(),
  description: z.string(),
  /** Address of the advisory. */
  dataSource: z.string(),
  /** Other names of the vulnerability. */
  related: z.array(z.string()),
  cvss: z.array(z.object({ version: z.string(), vector: z.string() })),
  package: z.object({ name: z.string(), version: z.string(), type: z.string(), purl: z.string() }),
  fix: z.object({ state: z.string(), versions: z.array(z.string()) }),
  /** True when a version without the vulnerability is known to exist. */
  fixKnown: z.boolean(),
  /** `exact-direct-match`, `exact-indirect-match` or `cpe-match`: how sure the match is. */
  matchType: z.string(),
  /** Probability of exploitation within 30 days, and the share of vulnerabilities below it, 0 to 1 (first.org). */
  epss: z.object({ probability: z.number(), percentile: z.number(), date: z.string() }).optional(),
  /** In CISA's catalogue of known exploited vulnerabilities, since when. */
  knownExploited: z.object({ dateAdded: z.string(), ransomware: z.boolean() }).optional(),
  /** Where the package lies: file and layer (diff id). */
  locations: z.array(z.object({ path: z.string(), layer: z.string() })),
});
export type ImageFinding = z.infer<typeof ImageFinding>;

/** One entry of an image's history: a layer, or a step that made none. */
export const ImageHistoryEntry = z.object({
  /** Diff id; absent for a step that changed no files. */
  layer: z.string().optional(),
  size: z.number().optional(),
  createdBy: z.string().optional(),
  createdTime: z.string().optional(),
});
export type ImageHistoryEntry = z.infer<typeof ImageHistoryEntry>;

/** A finding by what makes it another one: a vulnerability in a version of a package. */
export const FindingName = z.object({
  id: z.string(),
  package: z.string(),
  version: z.string(),
  type: z.string(),
});
export type FindingName = z.infer<typeof FindingName>;

/** What another database, or another version of the engine, says differently of the same packages. */
export const FindingsChange = z.object({
  /** Who gave the answer before. */
  since: z.object({ databaseBuilt: z.string(), matcher: z.string() }),
  appeared: z.array(FindingName),
  disappeared: z.array(FindingName),
  /** Found before too, and now of another severity, fix, … */
  altered: z.array(FindingName),
});
export type FindingsChange = z.infer<typeof FindingsChange>;

/** Where a login is from: the kind of source, and the `namespace/name` of a Secret or the name of a cloud. Nothing secret. */
export const PulledWith = z.object({
  kind: z.enum([
    'request',
    'podPullSecret',
    'serviceAccountPullSecret',
    'registrySecret',
    'cloudIdentity',
    'dockerConfig',
  ]),
  name: z.string().optional(),
});
export type PulledWith = z.infer<typeof PulledWith>;

/** All that is known of one image with one database: the answer to a question whose key is in the store's idempotency key. */
export const ImageMatches = z.object({
  /** Digest of the platform's manifest. */
  digest: z.string(),
  platform: z.string(),
  /** Uncompressed bytes. */
  size: z.number(),
  distribution: z.string().optional(),
  packages: z.number().int(),
  history: z.array(ImageHistoryEntry),
  findings: z.array(ImageFinding),
  /** Why findings of the distribution's packages are missing or doubtful, e.g. `distro-eol`. */
  alerts: z.array(z.string()),
  engines: z.object({ sbom: z.string(), matcher: z.string(), mode: z.string() }),
  database: VulnerabilityDatabaseInfo.omit({ ageSeconds: true }).extend({ digest: z.string() }),
  /** The login that the image was pulled with, by where it is from; absent for a pull without one. */
  pulledWith: PulledWith.optional(),
  /** Absent in the first answer about the image. */
  change: FindingsChange.optional(),
});
export type ImageMatches = z.infer<typeof ImageMatches>;

/** Why an image has no result. One of our own beside the reason codes of reports, since those collapse several. */
export const ImageNotEvaluatedReason = z.enum([
  'sbomEngineMissing',
  'matcherMissing',
  'databaseMissing',
  'unauthorized',
  'manifestUnknown',
  'platformNotSupported',
  'schemaNotSupported',
  'rateLimited',
  'registryUnreachable',
  'imageTooLarge',
  'sbomTooLarge',
  'timedOut',
  'outOfMemory',
  'invalidReference',
  'credentialsUnreadable',
  'matchingFailed',
  'failed',
  'unexpected',
]);
export type ImageNotEvaluatedReason = z.infer<typeof ImageNotEvaluatedReason>;

const RecordOfScan = z.object({
  /** As written in the pod spec. */
  image: z.string(),
  wlid: z.string(),
  containerName: z.string(),
  jobId: z.string(),
  /** Epoch milliseconds. */
  scannedAt: z.number(),
  /** Counts changes of the answer, so that each change is reported once. */
  sequence: z.number().int(),
});

/** The newest answer for one container of a workload (or for an image without one). "Not evaluated" is never "nothing found". */
export const ImageScanRecord = z.discriminatedUnion('state', [
  RecordOfScan.extend({
    state: z.literal('evaluated'),
    digest: z.string(),
    platform: z.string(),
    containersScanID: z.string(),
    packages: z.number().int(),
    /** Those that count; the suppressed are not among them. */
    findings: z.number().int(),
    /** Findings that exceptions cover, with the reasons; absent for none. */
    suppressed: z
      .array(
        z.object({
          id: z.string(),
          package: z.string(),
          version: z.string(),
          exception: z.string(),
          reason: z.string(),
        }),
      )
      .optional(),
    bySeverity: z.record(z.string(), z.number().int()),
    /** Those of them in packages that the container uses, by severity; absent when nobody has observed it. */
    relevant: z.record(z.string(), z.number().int()).optional(),
    fixable: z.number().int(),
    alerts: z.array(z.string()),
    database: VulnerabilityDatabaseInfo.omit({ ageSeconds: true }),
    /** Which answer about the image this is, see `imageAnswerKey`. */
    answer: z.string().optional(),
    /** What a report of a later answer needs, without logins. */
    job: z.record(z.string(), z.json()).optional(),
  }),
  RecordOfScan.extend({
    state: z.literal('notEvaluated'),
    reason: ImageNotEvaluatedReason,
    /** One line for people, redacted. */
    detail: z.string(),
    /** The job to add again when what was missing is there; logins in it are sealed. */
    job: z.record(z.string(), z.json()),
  }),
]);
export type ImageScanRecord = z.infer<typeof ImageScanRecord>;

export function imageMatchesKey(digest: string, platform: string): string {
  return `${digest}|${platform}`;
}

/** One question has one answer: equal keys mean that nothing needs to be done. */
export function imageAnswerKey(matches: {
  digest: string;
  platform: string;
  engines: ImageMatches['engines'];
  database: { digest: string };
}): string {
  const { digest, platform, engines, database } = matches;
  return [digest, platform, engines.sbom, engines.matcher, engines.mode, database.digest].join('|');
}

/** By workload and container; an image that belongs to no workload goes by its own name. */
export function imageScanRecordKey(job: { wlid: string; containerName: string; imageTag: string }): string {
  return job.wlid === '' ? `image|${job.imageTag}` : `${job.wlid}|${job.containerName}`;
}

/** What an image scan found, for controls of the configuration: only what is critical or high, or lets others run their code. */
export const ImageVulnerabilities = z.object({
  /** As it is written in workloads. */
  image: z.string(),
  vulnerabilities: z.array(
    z.object({ name: z.string(), severity: z.string(), categories: z.object({ isRce: z.boolean() }) }),
  ),
});
export type ImageVulnerabilities = z.infer<typeof ImageVulnerabilities>;
