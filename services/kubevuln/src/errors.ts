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
  SUMMARY_FAILED: {
    message: 'the output of the engines could not be read: {problem}',
    httpStatus: 500,
    retryable: false,
    severity: 'error',
  },
} as const satisfies ErrorTable;

export const fail = errorFactory(kubevulnErrors);
