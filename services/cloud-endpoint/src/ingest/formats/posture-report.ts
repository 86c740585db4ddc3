import { z } from 'zod';
import { id, list, nullable, optionalId, optionalNumber, pagination, prose, time } from './fields.ts';

/** A place or a remedy (scanner.md 8.4); one of the fields is filled. */
const Path = z.object({
  failedPath: prose,
  reviewPath: prose,
  deletePath: prose,
  fixCommand: prose,
  fixPath: nullable(
    z.object({ path: prose, value: nullable(z.coerce.string().transform((text) => text.slice(0, 8192))) }),
  ),
});

/** What of an exception policy is shown with what it covers; its name, as people know it. */
const Exception = z.object({ name: prose, reason: prose, expirationDate: optionalId });

/** `findings` is ours: what was found, in plain words. */
const Rule = z.object({
  name: prose,
  status: prose,
  info: prose,
  paths: list(Path),
  findings: list(z.object({ message: prose })),
  exception: list(Exception.catch({ name: undefined, reason: undefined, expirationDate: undefined })),
});

const StatusInfo = z.object({ status: z.string().max(64), subStatus: optionalId, info: prose });

const ControlOfResource = z.object({
  controlID: id,
  name: prose,
  severity: optionalId,
  status: StatusInfo,
  rules: list(Rule),
});
export type ControlOfResource = z.output<typeof ControlOfResource>;

const ControlSummary = z.object({
  controlID: optionalId,
  name: prose,
  severity: optionalId,
  status: optionalId,
  statusInfo: nullable(StatusInfo),
  scoreFactor: optionalNumber,
});
export type ControlSummary = z.output<typeof ControlSummary>;

/** Only the identity of an object is read here; its content is the cluster's and is not kept. */
const ObjectIdentity = z.object({
  apiVersion: optionalId,
  kind: optionalId,
  metadata: nullable(z.object({ name: optionalId, namespace: optionalId })),
});

const Resource = z.object({
  resourceID: id,
  object: nullable(ObjectIdentity.catch({ apiVersion: undefined, kind: undefined, metadata: undefined })),
  source: nullable(z.object({ relativePath: optionalId, path: optionalId })),
});
export type Resource = z.output<typeof Resource>;

/** How far the failed controls of a workload let an attacker go (scanner.md 18). */
const PrioritizedResource = z.object({
  score: z.number(),
  severity: optionalNumber,
  priorityVector: list(
    z.object({
      attackTrackName: prose,
      score: optionalNumber,
      vector: list(z.object({ controlID: id, category: prose })),
    }),
  ),
});
export type PrioritizedResource = z.output<typeof PrioritizedResource>;

const ResourceResult = z.object({
  resourceID: id,
  controls: list(ControlOfResource),
  rawResource: nullable(Resource),
  // Upstream sends one without content for most objects.
  prioritizedResource: nullable(PrioritizedResource).catch(undefined),
});
export type ResourceResult = z.output<typeof ResourceResult>;

const FrameworkSummary = z.object({
  name: id,
  status: optionalId,
  version: optionalId,
  complianceScore: optionalNumber,
});
export type FrameworkSummary = z.output<typeof FrameworkSummary>;

/** Ours, and upstream's with `--audit-exceptions`: what became of each exception, also of those that cover nothing. */
const ExceptionAudit = z.object({
  exceptions: list(
    z.object({
      id: prose,
      source: optionalId,
      status: optionalId,
      resources: optionalNumber,
      findings: optionalNumber,
      problem: prose,
    }),
  ),
});
export type ExceptionAudit = z.output<typeof ExceptionAudit>;

const ScanCoverage = z.object({
  failedGVRPulls: list(z.object({ gvr: prose, error: prose })),
  policyDegradations: list(z.object({ component: prose, reason: prose })),
  notEvaluatedControls: list(z.object({ controlID: id, reason: prose, missingGVRs: list(z.string().max(512)) })),
  evaluatedControls: optionalNumber,
  totalControls: optionalNumber,
});
export type ScanCoverage = z.output<typeof ScanCoverage>;

/**
 * Posture report, version 2 (scanner.md 8), as far as it is kept. `delta` is our own: the report is about the objects in `results`
 * only, and those in `deletedResourceIDs` are gone; nothing is said of others.
 */
export const PostureReport = z.object({
  clusterName: id,
  customerGUID: optionalId,
  reportGUID: id,
  jobID: optionalId,
  generationTime: time,
  clusterCloudProvider: optionalId,
  clusterAPIServerInfo: nullable(z.object({ gitVersion: optionalId })),
  summaryDetails: nullable(
    z.object({
      controls: nullable(z.record(z.string().max(256), ControlSummary)),
      complianceScore: optionalNumber,
      frameworks: list(FrameworkSummary),
    }),
  ),
  resources: list(Resource),
  results: list(ResourceResult),
  metadata: nullable(
    z.object({
      scanMetadata: nullable(z.object({ scanningTarget: optionalNumber })),
      targetMetadata: nullable(
        z.object({
          clusterContextMetadata: nullable(z.object({ contextName: optionalId })),
          directoryContextMetadata: nullable(z.object({ basePath: optionalId })),
        }),
      ),
    }),
  ),
  scanCoverage: nullable(ScanCoverage),
  // Upstream's has another content; a report is not refused for it.
  exceptionAudit: nullable(ExceptionAudit).catch(undefined),
  delta: nullable(z.object({ deletedResourceIDs: list(id) })),
  paginationInfo: pagination,
});
export type PostureReport = z.output<typeof PostureReport>;

/** Report GUID and part: all that the format itself carries for telling a repeated part. */
export function postureIdentity(report: PostureReport): string {
  return `posture/${report.clusterName}/${report.reportGUID}/${report.paginationInfo.number}`;
}
