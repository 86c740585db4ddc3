import type { ReportSubject } from './workload.ts';

export const systemReportPath = '/k8s/sysreport';

/** Steps of a registry scan, as a backend follows them (kubevuln.md 10.10). */
export type SystemReportStep = 'started' | 'success' | 'done' | 'failed';

export interface SystemReportInput {
  readonly subject: ReportSubject;
  readonly step: SystemReportStep;
  readonly jobId: string;
  readonly parentId: string;
  /** Of the request; a report has the next one. */
  readonly actionIDN: number;
  /** Redacted text, for `failed`. */
  readonly error?: string | undefined;
  /** Epoch milliseconds. */
  readonly at: number;
}

/** How far a scan of an image of a registry is. */
export function systemReport({ subject, step, jobId, parentId, actionIDN, error, at }: SystemReportInput) {
  const { wlid, containerName, imageTag, imageHash, account } = subject;
  const next = actionIDN + 1;
  return {
    customerGUID: account,
    reporter: 'ca-vuln-scan',
    target: `vuln scan:: scanning wlid: ${wlid} , container: ${containerName} imageTag: ${imageTag} imageHash: ${imageHash}`,
    status: step === 'failed' ? 'failure' : step,
    action: 'vuln scan',
    ...(error === undefined ? {} : { errors: [error] }),
    actionID: String(next),
    numSeq: next,
    jobID: jobId,
    ...(parentId === '' ? {} : { parentAction: parentId }),
    details: error === undefined ? 'Dequeueing' : `Error: ${error}`,
    timestamp: new Date(at).toISOString(),
  };
}
