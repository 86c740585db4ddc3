import { type ErrorTable, errorFactory } from '@kso/kit';

/**
 * How image-scan jobs end when they do not succeed. The codes in lower case are the reason codes of kubevuln.md 12.1, as job status and
 * backend know them. None is retried by the queue: waits and second tries happen inside of a job, under its one deadline.
 */
const scanFailure = { httpStatus: 422, retryable: false, severity: 'warn' } as const;

export const kubevulnErrors = {
  SCANNER_OOM_KILLED: { ...scanFailure, message: '{detail}' },
  SBOM_GENERATION_FAILED: { ...scanFailure, message: '{detail}' },
  SCAN_TIMEOUT: { ...scanFailure, message: '{detail}' },
  IMAGE_AUTH_FAILED: { ...scanFailure, message: '{detail}' },
  IMAGE_NOT_FOUND: { ...scanFailure, message: '{detail}' },
  IMAGE_SCHEMA_UNSUPPORTED: { ...scanFailure, message: '{detail}' },
  IMAGE_TOO_LARGE: { ...scanFailure, message: '{detail}' },
  SBOM_TOO_LARGE: { ...scanFailure, message: '{detail}' },
  SBOM_INCOMPLETE: { ...scanFailure, message: '{detail}' },
  CVE_MATCHING_FAILED: { ...scanFailure, message: '{detail}' },
  RESULT_UPLOAD_FAILED: { ...scanFailure, message: '{detail}' },
  SBOM_STORAGE_FAILED: { ...scanFailure, message: '{detail}' },
  UNEXPECTED_ERROR: { ...scanFailure, message: '{detail}' },
  IMAGE_SCAN_INVALID: {
    message: 'the image scan job cannot be read: {problem}',
    httpStatus: 400,
    retryable: false,
    severity: 'error',
  },
  SCAN_INTERRUPTED: {
    message: 'the image scan was interrupted and goes back to the queue',
    httpStatus: 503,
    retryable: true,
    severity: 'warn',
  },
  /** Of workers: the job goes back to the queue, and another worker or the owner takes it. */
  OWNER_UNREACHABLE: {
    message: 'kubevuln cannot be reached: {why}',
    httpStatus: 503,
    retryable: true,
    severity: 'warn',
  },
  OWNER_REFUSED: {
    message: 'kubevuln answers a worker with status {status}',
    httpStatus: 502,
    retryable: false,
    severity: 'error',
  },
  WORKERS_WITHOUT_REDIS: {
    message: 'workers.enabled needs redis: workers take their orders from there',
    httpStatus: 500,
    retryable: false,
    severity: 'fatal',
  },
  WORKER_OF_OTHER_VERSION: {
    message: 'this worker has Syft {own}, the order is for {engineVersion}',
    httpStatus: 503,
    retryable: true,
    severity: 'warn',
  },
  WORKER_WITHOUT_ENGINE: { message: '{detail}', httpStatus: 503, retryable: true, severity: 'fatal' },
  SBOM_JOB_INVALID: {
    message: 'the job names no order for an SBOM',
    httpStatus: 400,
    retryable: false,
    severity: 'error',
  },
  SUMMARY_FAILED: {
    message: 'the output of the engines could not be read: {problem}',
    httpStatus: 500,
    retryable: false,
    severity: 'error',
  },
} as const satisfies ErrorTable;

export const fail = errorFactory(kubevulnErrors);
