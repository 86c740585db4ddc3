import { type ErrorTable, errorFactory } from '@kso/kit';

/** What `kso` itself finds wrong. `httpStatus` has no meaning here: 400 marks what the user can correct on the command line. */
export const cliErrors = {
  BAD_VALUE: { message: '{option}: {problem}', httpStatus: 400, retryable: false, severity: 'error' },
  CONFLICTING_OPTIONS: {
    message: '{a} and {b} exclude each other',
    httpStatus: 400,
    retryable: false,
    severity: 'error',
  },
  UNKNOWN_NAMES: {
    message: 'unknown {kind}: {unknown} ({hint})',
    httpStatus: 400,
    retryable: false,
    severity: 'error',
  },
  PATH_UNREADABLE: { message: '{path}: {problem}', httpStatus: 400, retryable: false, severity: 'error' },
  NOTHING_TO_SCAN: {
    message: 'nothing to scan in {path}: {problem}',
    httpStatus: 400,
    retryable: false,
    severity: 'error',
  },
  OUTPUT_UNWRITABLE: {
    message: 'cannot write {path}: {problem}',
    httpStatus: 400,
    retryable: false,
    severity: 'error',
  },
  CLUSTER_UNREACHABLE: {
    message: 'the cluster does not answer: {problem}',
    httpStatus: 503,
    retryable: true,
    severity: 'error',
  },
  NOT_TAKEN: {
    message: 'the inventory was not taken: {problem}',
    httpStatus: 502,
    retryable: true,
    severity: 'error',
  },
  SCAN_FAILED: {
    message: 'the scan has no result: {reason}',
    httpStatus: 500,
    retryable: false,
    severity: 'error',
  },
  NOTHING_EVALUATED: {
    message: 'nothing could be evaluated: {reason}',
    httpStatus: 500,
    retryable: false,
    severity: 'error',
  },
} as const satisfies ErrorTable;

export const fail = errorFactory(cliErrors);
