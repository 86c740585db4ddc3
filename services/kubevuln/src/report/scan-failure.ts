import type { ImageNotEvaluatedReason, ScanFailureReason, ScanFailureReport } from '@kso/wire';
import type { ReportSubject } from './workload.ts';

/** How our reasons appear in the fewer codes of the wire (kubevuln.md 12.1). */
const wireReasons: Readonly<Record<ImageNotEvaluatedReason, ScanFailureReason>> = {
  sbomEngineMissing: 'sbom_generation_failed',
  matcherMissing: 'cve_matching_failed',
  databaseMissing: 'cve_matching_failed',
  unauthorized: 'image_auth_failed',
  manifestUnknown: 'image_not_found',
  platformNotSupported: 'image_not_found',
  schemaNotSupported: 'image_schema_unsupported',
  rateLimited: 'sbom_generation_failed',
  registryUnreachable: 'sbom_generation_failed',
  imageTooLarge: 'image_too_large',
  sbomTooLarge: 'sbom_too_large',
  timedOut: 'sbom_incomplete',
  outOfMemory: 'scanner_oom_killed',
  invalidReference: 'sbom_generation_failed',
  credentialsUnreadable: 'image_auth_failed',
  matchingFailed: 'cve_matching_failed',
  failed: 'sbom_generation_failed',
  unexpected: 'unexpected_error',
};

export function wireReasonOf(reason: ImageNotEvaluatedReason): ScanFailureReason {
  return wireReasons[reason];
}

export interface FailureInput {
  readonly subject: ReportSubject;
  readonly jobId: string;
  readonly reason: ImageNotEvaluatedReason;
  /** Redacted text. */
  readonly detail: string;
  /** Epoch milliseconds. */
  readonly at: number;
}

/** Which step failed: 0 unknown, 1 matching, 2 the SBOM. */
function failureCaseOf(reason: ScanFailureReason): ScanFailureReport['failureCase'] {
  if (reason === 'unexpected_error') return 0;
  return reason === 'cve_matching_failed' ? 1 : 2;
}

/** What is posted instead of a report (kubevuln.md 10.9). */
export function scanFailureReport({ subject, jobId, reason, detail, at }: FailureInput): ScanFailureReport {
  const failureReason = wireReasonOf(reason);
  return {
    customerGUID: subject.account,
    ...(subject.name === ''
      ? {}
      : {
          workloads: [
            {
              clusterName: subject.cluster,
              namespace: subject.namespace,
              workloadKind: subject.kind,
              workloadName: subject.name,
              ...(subject.containerName === '' ? {} : { containerName: subject.containerName }),
            },
          ],
        }),
    ...(subject.registryName === undefined ? {} : { isRegistryScan: true, registryName: subject.registryName }),
    imageTag: subject.imageTag,
    failureCase: failureCaseOf(failureReason),
    failureReason,
    error: detail,
    timestamp: new Date(at).toISOString(),
    ...(subject.imageHash === '' ? {} : { imageHash: subject.imageHash }),
    ...(jobId === '' ? {} : { jobID: jobId }),
  };
}
