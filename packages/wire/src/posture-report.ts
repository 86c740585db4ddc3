import { z } from 'zod';
import { PostureExceptionPolicy } from './exception-policy.ts';

/**
 * Posture report, version 2 (scanner.md 8): what the scanner answers to `GET /v1/results`, what the CLI prints as JSON and what is
 * posted to a CloudEndpoint. Readers are tolerant: keys that they do not know are left alone.
 */

const Status = z.enum(['passed', 'failed', 'skipped']);

export const StatusInfo = z.object({
  status: Status,
  subStatus: z.string().optional(),
  /** For people: why it was skipped. */
  info: z.string().optional(),
});

export type StatusInfo = z.infer<typeof StatusInfo>;

/** A place in an object. One of the path fields is filled, `fixPath` is always there and may be empty. */
export const ReportPath = z.object({
  /** The object that the path belongs to. */
  resourceID: z.string().optional(),
  failedPath: z.string().optional(),
  reviewPath: z.string().optional(),
  deletePath: z.string().optional(),
  fixPath: z.object({ path: z.string(), value: z.string() }),
});
export type ReportPath = z.infer<typeof ReportPath>;

/** Our own addition to a rule: what was found, in plain words, for each finding. */
export const ReportFinding = z.object({
  message: z.string(),
  containerName: z.string().optional(),
  containerList: z.enum(['containers', 'initContainers', 'ephemeralContainers']).optional(),
  /** Masked where it could be a secret. */
  found: z.string().optional(),
  wanted: z.string().optional(),
});

export const ReportRule = z.object({
  name: z.string(),
  status: Status,
  subStatus: z.string(),
  /** Why it could not be evaluated. */
  info: z.string().optional(),
  controlConfigurations: z.record(z.string(), z.array(z.string())).optional(),
  paths: z.array(ReportPath).optional(),
  relatedResourcesIDs: z.array(z.string()).optional(),
  /** Exceptions that cover findings of the rule, each with the designator and the entry that matched. */
  exception: z.array(PostureExceptionPolicy).optional(),
  findings: z.array(ReportFinding).optional(),
});
export type ReportRule = z.infer<typeof ReportRule>;

export const ReportControl = z.object({
  controlID: z.string(),
  name: z.string(),
  /** Not on the wire to a CloudEndpoint of others, harmless there. */
  severity: z.string().optional(),
  status: StatusInfo,
  rules: z.array(ReportRule),
});
export type ReportControl = z.infer<typeof ReportControl>;

export const ReportResource = z.object({
  resourceID: z.string(),
  /** Scrubbed manifest, or an RBAC subject with its `relatedObjects`. */
  object: z.record(z.string(), z.unknown()),
  source: z
    .object({
      path: z.string(),
      relativePath: z.string(),
      fileType: z.string(),
      /** Our own addition: the line of the document, from 1. */
      line: z.number().optional(),
      /** Our own addition: which document of the file, from 0, and where in it a member of a list stands (`items[2]`). */
      document: z.number().optional(),
      documentPath: z.string().optional(),
      helmChartName: z.string().optional(),
      kustomizeDirectoryName: z.string().optional(),
      lastCommit: z.object({ date: z.string() }).optional(),
    })
    .optional(),
});
export type ReportResource = z.infer<typeof ReportResource>;

/** One of the workloads of the highest risk, with the ways along attack tracks that it opens (scanner.md 18). */
export const ReportPrioritizedResource = z.object({
  resourceID: z.string(),
  priorityVector: z.array(
    z.object({
      attackTrackName: z.string(),
      type: z.string(),
      vector: z.array(z.object({ controlID: z.string(), category: z.string(), tags: z.array(z.string()) })),
      score: z.number(),
      severity: z.number(),
    }),
  ),
  score: z.number(),
  severity: z.number(),
});
export type ReportPrioritizedResource = z.infer<typeof ReportPrioritizedResource>;

export const ReportResult = z.object({
  resourceID: z.string(),
  controls: z.array(ReportControl),
  prioritizedResource: ReportPrioritizedResource.optional(),
  /** On the wire only. */
  rawResource: ReportResource.optional(),
});
export type ReportResult = z.infer<typeof ReportResult>;

export const ResourceCounters = z.object({
  passedResources: z.number(),
  failedResources: z.number(),
  skippedResources: z.number(),
  /** Deprecated, 0. */
  excludedResources: z.number(),
});

export const ReportControlSummary = z.object({
  statusInfo: StatusInfo,
  controlID: z.string(),
  name: z.string(),
  status: Status,
  /** Always `{}`; old readers expect the key. */
  resourceIDs: z.object({}),
  ResourceCounters,
  subStatusCounters: z.object({ ignoredResources: z.number() }),
  score: z.number(),
  complianceScore: z.number(),
  /** The base score. */
  scoreFactor: z.number(),
  category: z
    .object({
      name: z.string(),
      id: z.string(),
      subCategory: z.object({ name: z.string(), id: z.string() }).optional(),
    })
    .optional(),
  severity: z.string().optional(),
});
export type ReportControlSummary = z.infer<typeof ReportControlSummary>;

export const ReportFrameworkSummary = z.object({
  name: z.string(),
  status: Status,
  version: z.string(),
  ResourceCounters,
  score: z.number(),
  complianceScore: z.number(),
  controls: z.record(z.string(), ReportControlSummary),
});
export type ReportFrameworkSummary = z.infer<typeof ReportFrameworkSummary>;

const SeverityCounters = z.object({
  criticalSeverity: z.number(),
  highSeverity: z.number(),
  mediumSeverity: z.number(),
  lowSeverity: z.number(),
});

export const SummaryDetails = z.object({
  controls: z.record(z.string(), ReportControlSummary),
  status: Status,
  frameworks: z.array(ReportFrameworkSummary),
  resourcesSeverityCounters: SeverityCounters,
  controlsSeverityCounters: SeverityCounters,
  ResourceCounters,
  /** Empty in a posture scan; old readers expect the keys. */
  vulnerabilities: z.object({
    mapsSeverityToSummary: z.object({}),
    CVEs: z.array(z.unknown()),
    packageScores: z.object({}),
    images: z.array(z.unknown()).nullable(),
  }),
  score: z.number(),
  complianceScore: z.number(),
  /** Our own addition: the mean over the controls that could be evaluated. */
  evaluatedComplianceScore: z.number().optional(),
});
export type SummaryDetails = z.infer<typeof SummaryDetails>;

export const ReportScanCoverage = z.object({
  failedGVRPulls: z.array(z.object({ gvr: z.string(), error: z.string() })),
  partialGVRPulls: z.array(z.object({ gvr: z.string(), selector: z.string(), error: z.string() })),
  notEvaluatedControls: z.array(
    z.object({ controlID: z.string(), missingGVRs: z.array(z.string()), reason: z.string() }),
  ),
  policyDegradations: z.array(z.object({ component: z.string(), reason: z.string() })),
  coverageScore: z.number(),
  evaluatedControls: z.number(),
  totalControls: z.number(),
  degraded: z.boolean(),
  silentFailedGVRCount: z.number(),
  vacuousFrameworks: z.array(z.string()),
});
export type ReportScanCoverage = z.infer<typeof ReportScanCoverage>;

export const ReportExceptionAudit = z.object({
  exceptions: z.array(
    z.object({
      id: z.string(),
      source: z.string(),
      status: z.enum(['applied', 'unused', 'expired', 'shadowed', 'invalid']),
      resources: z.number(),
      findings: z.number(),
      problem: z.string().optional(),
    }),
  ),
});
export type ReportExceptionAudit = z.infer<typeof ReportExceptionAudit>;

const ClusterContext = z.object({
  contextName: z.string().optional(),
  cloudProvider: z.string().optional(),
  numberOfWorkerNodes: z.number().optional(),
  namespaceToNumberOfResources: z.record(z.string(), z.number()).optional(),
});

/** What was scanned. `scanningTarget`: 0 cluster, 1 file, 2 repository, 3 local git, 4 directory. */
export const ReportMetadata = z.object({
  targetMetadata: z.object({
    clusterContextMetadata: ClusterContext.optional(),
    directoryContextMetadata: z.object({ basePath: z.string(), hostName: z.string() }).optional(),
  }),
  clusterMetadata: ClusterContext,
  scanMetadata: z.object({
    targetType: z.string(),
    kubescapeVersion: z.string(),
    formatVersion: z.literal('v2'),
    /** Where the control inputs are from; empty for the defaults. */
    controlsInputs: z.string(),
    formats: z.array(z.string()),
    targetNames: z.array(z.string()),
    excludedNamespaces: z.array(z.string()).optional(),
    includeNamespaces: z.array(z.string()).optional(),
    scanningTarget: z.number(),
  }),
});
export type ReportMetadata = z.infer<typeof ReportMetadata>;

export const PostureReport = z.object({
  /** RFC 3339. */
  generationTime: z.string(),
  clusterAPIServerInfo: z.record(z.string(), z.string()).nullable(),
  clusterCloudProvider: z.string(),
  customerGUID: z.string(),
  clusterName: z.string(),
  reportGUID: z.string(),
  summaryDetails: SummaryDetails,
  resources: z.array(ReportResource),
  attributes: z.null(),
  results: z.array(ReportResult),
  metadata: ReportMetadata,
  scanCoverage: ReportScanCoverage,
  /** What became of each exception, also of those that cover nothing. */
  exceptionAudit: ReportExceptionAudit.optional(),
  /** The following four on the wire only. */
  jobID: z.string().optional(),
  paginationInfo: z.object({ chunkNumber: z.number(), isLastChunk: z.boolean() }).optional(),
  customerGUIDGenerated: z.boolean().optional(),
  triggeredByCLI: z.boolean().optional(),
  /** Our own addition: the report is about the resources in `results` only, and these are gone. Nothing is said about others. */
  delta: z.object({ deletedResourceIDs: z.array(z.string()) }).optional(),
});
export type PostureReport = z.infer<typeof PostureReport>;
