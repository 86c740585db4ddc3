import { type ErrorTable, errorFactory } from '@kso/kit';

/** What a scan can end with, and what a request can be refused for. */
export const scannerErrors = {
  BAD_REQUEST: { message: '{problem}', httpStatus: 400, retryable: false, severity: 'warn' },
  UNKNOWN_TARGETS: {
    message: 'unknown frameworks or controls: {unknown}',
    httpStatus: 400,
    retryable: false,
    severity: 'warn',
  },
  POLICY_INVALID: {
    message: 'the policy cannot be used: {problems}',
    httpStatus: 500,
    retryable: false,
    severity: 'error',
  },
  OBJECT_REFUSED: {
    message: '{object} is not scanned: {problem}',
    httpStatus: 400,
    retryable: false,
    severity: 'warn',
  },
  OBJECT_UNKNOWN: {
    message: '{object} is not known: it does not exist, or its kind is not judged by any control',
    httpStatus: 404,
    retryable: false,
    severity: 'warn',
  },
  POLICIES_UNREADABLE: {
    message: 'the policies cannot be used: {problem}',
    httpStatus: 400,
    retryable: false,
    severity: 'error',
  },
  QUEUE_FULL: {
    message: '{waiting} scans are waiting, which is the most that are taken',
    httpStatus: 429,
    retryable: true,
    severity: 'warn',
  },
  NOTHING_EVALUATED: {
    message: 'nothing evaluated: {problem}',
    httpStatus: 500,
    retryable: false,
    severity: 'error',
  },
  SOURCE_UNAVAILABLE: {
    message: 'the objects cannot be read: {problem}',
    httpStatus: 503,
    retryable: true,
    severity: 'error',
  },
  NOT_EVALUATED_YET: {
    message: 'nothing was evaluated yet',
    httpStatus: 503,
    retryable: true,
    severity: 'warn',
  },
  CIDR_INVALID: {
    message: '{cidr} is no range of addresses, such as 10.0.0.0/8',
    httpStatus: 500,
    retryable: false,
    severity: 'error',
  },
  SCAN_CANCELLED: { message: 'the scan was cancelled', httpStatus: 409, retryable: false, severity: 'warn' },
  REPORT_NOT_STORED: {
    message: 'the report could not be put into the outbox: {problem}',
    httpStatus: 503,
    retryable: true,
    severity: 'error',
  },
  WORKER_LOST: {
    message: 'the thread that evaluates controls has ended',
    httpStatus: 503,
    retryable: true,
    severity: 'error',
  },
  SCAN_FAILED: { message: 'the scan failed: {problem}', httpStatus: 500, retryable: true, severity: 'error' },
} as const satisfies ErrorTable;

export type ScannerErrorCode = keyof typeof scannerErrors;

export const fail = errorFactory(scannerErrors);
