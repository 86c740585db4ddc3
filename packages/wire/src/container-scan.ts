import { z } from 'zod';

/**
 * Container scan reports as kubevuln posts them to a CloudEndpoint (kubevuln.md 10), and what a failed scan is reported as.
 * Members that upstream always sends are required here even when they are always empty.
 */

export const containerScanPath = '/k8s/v2/containerScan';
export const scanFailurePath = '/k8s/v2/scanFailure';

const Count = z.number().int().nonnegative();

/** Attributes of a workload, or of a registry scan (kubevuln.md 10.4). Unknown ones are never sent as empty text. */
export const ContainerScanDesignators = z.object({
  designatorType: z.literal('Attributes'),
  attributes: z.record(z.string(), z.string()),
});
export type ContainerScanDesignators = z.infer<typeof ContainerScanDesignators>;

export const ContainerScanContext = z.array(
  z.object({ attribute: z.string(), value: z.string(), source: z.literal('designators.attributes') }),
);
export type ContainerScanContext = z.infer<typeof ContainerScanContext>;

/** One layer that a finding's package lies in. */
export const ContainerScanLayer = z.object({
  layerHash: z.string(),
  parentLayerHash: z.string(),
  createdBy: z.string().optional(),
  createdTime: z.string().optional(),
  layerOrder: z.number().int().optional(),
  size: z.number().optional(),
});
export type ContainerScanLayer = z.infer<typeof ContainerScanLayer>;

/** One finding: a vulnerability in a package (kubevuln.md 10.5). */
export const ContainerScanVulnerability = z.object({
  designators: ContainerScanDesignators,
  context: ContainerScanContext,
  layerHash: z.string(),
  wlid: z.string(),
  containersScanID: z.string(),
  timestamp: z.number().int(),
  isRelevant: z.boolean().optional(),
  healthStatus: z.string(),
  imageHash: z.string(),
  imageTag: z.string(),
  packageName: z.string(),
  packageVersion: z.string(),
  packageType: z.string(),
  link: z.string(),
  description: z.string(),
  severity: z.string(),
  severityScore: z.number().int(),
  name: z.string(),
  fixedIn: z.array(z.object({ name: z.string(), imageTag: z.string(), version: z.string() })),
  /** Policies that cover the finding; with the action `ignore` among them it does not count. */
  exceptionApplied: z.array(z.record(z.string(), z.unknown())).optional(),
  neglected: Count,
  urgent: Count,
  categories: z.object({ isRce: z.boolean() }),
  coordinates: z.array(z.object({ path: z.string(), layerID: z.string() })).optional(),
  layers: z.array(ContainerScanLayer),
  layersNested: z.null(),
  links: z.array(z.string()),
  isLastScan: z.literal(1),
  isFixed: z.union([z.literal(0), z.literal(1)]),
  relevantLabel: z.enum(['yes', 'no', '']),
  clusterShortName: z.string(),
  /** How sure the match is: `exact-direct-match`, `exact-indirect-match` or `cpe-match`. Ours. */
  matchType: z.string().optional(),
  /** Probability of exploitation within 30 days, and the share of vulnerabilities below it, 0 to 1 (first.org). Ours. */
  epss: z.object({ probability: z.number(), percentile: z.number(), date: z.string() }).optional(),
  /** In CISA's catalogue of known exploited vulnerabilities, since when. Ours. */
  knownExploited: z.object({ dateAdded: z.string(), ransomware: z.boolean() }).optional(),
});
export type ContainerScanVulnerability = z.infer<typeof ContainerScanVulnerability>;

const SeverityCounts = z.object({
  healthStatus: z.string(),
  total: Count,
  rceFixCount: Count,
  relevantFixCount: Count,
  fixedTotal: Count,
  relevantTotal: Count,
  rceTotal: Count,
  urgent: Count,
  neglected: Count,
  relevancyScanCount: Count,
});

export const SeverityStats = SeverityCounts.extend({ severity: z.string() });
export type SeverityStats = z.infer<typeof SeverityStats>;

export const ContainerScanImageManifest = z.object({
  architecture: z.string(),
  os: z.string(),
  size: z.number(),
  layers: z.array(ContainerScanLayer),
});

/**
 * Which data the findings come from: ours, upstream has no such member. A result without findings means little when the database is
 * old, and next to nothing when it is a sample.
 */
export const VulnerabilityDatabaseInfo = z.object({
  /** RFC 3339. */
  built: z.string(),
  /** At the time of the scan. */
  ageSeconds: Count,
  schemaVersion: z.string(),
  /** `sample` for the small database that comes with the product; absent for a real one. */
  label: z.literal('sample').optional(),
});
export type VulnerabilityDatabaseInfo = z.infer<typeof VulnerabilityDatabaseInfo>;

const ChangedFindings = z.object({
  total: z.number().int(),
  first: z.array(z.object({ id: z.string(), package: z.string(), version: z.string(), type: z.string() })),
});

export const FindingsChangeSummary = z.object({
  since: z.object({ databaseBuilt: z.string(), matcher: z.string() }),
  appeared: ChangedFindings,
  disappeared: ChangedFindings,
  altered: ChangedFindings,
});
export type FindingsChangeSummary = z.infer<typeof FindingsChangeSummary>;

/** Counts and identity of a scan, in chunk 0 only (kubevuln.md 10.6). */
export const ContainerScanSummary = SeverityCounts.extend({
  designators: ContainerScanDesignators,
  version: z.string(),
  registry: z.string(),
  customerGUID: z.string(),
  containersScanID: z.string(),
  wlid: z.string(),
  imageHash: z.string(),
  imageTag: z.string(),
  cluster: z.string(),
  clusterShortName: z.string(),
  namespace: z.string(),
  apiVersion: z.string().optional(),
  containerName: z.string(),
  versionImage: z.string(),
  status: z.literal('Success'),
  packages: z.array(z.unknown()),
  severitiesStats: z.array(SeverityStats).nullable(),
  excludedSeveritiesStats: z.array(SeverityStats).optional(),
  jobIDs: z.array(z.string()),
  vulnerabilities: z.array(z.object({ name: z.string() })),
  context: ContainerScanContext,
  timestamp: z.number().int(),
  relevantLabel: z.enum(['yes', 'no', '']),
  hasRelevancyData: z.boolean(),
  imageManifest: ContainerScanImageManifest.optional(),
  vulnerabilityDatabase: VulnerabilityDatabaseInfo,
  /** Platform that was scanned, `os/arch[/variant]`; ours. */
  platform: z.string(),
  /** The distribution's feed is not in the database: no findings in its packages mean nothing. Ours. */
  distributionAlert: z.string().optional(),
  /** What is new and what is gone since the answer of an older database; at most a hundred of each are named. Ours. */
  findingsChange: FindingsChangeSummary.optional(),
  /** Some exceptions could not be read: findings may count that somebody has accepted. Ours. */
  exceptionsDegraded: z.string().optional(),
});
export type ContainerScanSummary = z.infer<typeof ContainerScanSummary>;

/** One chunk of a report, "v2" (kubevuln.md 10.2). */
export const ContainerScanReport = z.object({
  designators: ContainerScanDesignators,
  summary: ContainerScanSummary.optional(),
  containersScanID: z.string().regex(/^[^/]+$/),
  vulnerabilities: z.array(ContainerScanVulnerability).nullable(),
  paginationInfo: z.object({ chunkNumber: Count, isLastChunk: z.boolean() }),
  timestamp: z.number().int(),
});
export type ContainerScanReport = z.infer<typeof ContainerScanReport>;

/** Reason codes of kubevuln.md 12.1. */
export const ScanFailureReason = z.enum([
  'scanner_oom_killed',
  'sbom_generation_failed',
  'scan_timeout',
  'image_auth_failed',
  'image_not_found',
  'image_schema_unsupported',
  'image_too_large',
  'sbom_too_large',
  'sbom_incomplete',
  'cve_matching_failed',
  'result_upload_failed',
  'sbom_storage_failed',
  'unexpected_error',
]);
export type ScanFailureReason = z.infer<typeof ScanFailureReason>;

/** A failed scan (kubevuln.md 10.9). `failureCase`: 0 unknown, 1 matching, 2 SBOM. */
export const ScanFailureReport = z.object({
  customerGUID: z.string(),
  workloads: z
    .array(
      z.object({
        clusterName: z.string(),
        namespace: z.string(),
        workloadKind: z.string(),
        workloadName: z.string(),
        containerName: z.string().optional(),
      }),
    )
    .optional(),
  imageTag: z.string(),
  failureCase: z.union([z.literal(0), z.literal(1), z.literal(2)]),
  failureReason: ScanFailureReason,
  /** Redacted. */
  error: z.string().optional(),
  /** RFC 3339. */
  timestamp: z.string(),
  imageHash: z.string().optional(),
  jobID: z.string().optional(),
  registryName: z.string().optional(),
  isRegistryScan: z.boolean().optional(),
});
export type ScanFailureReport = z.infer<typeof ScanFailureReport>;
