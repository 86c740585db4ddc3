import { errorFactory } from '@kso/kit';

/** What can go wrong while a real part is set up for a test. */
export const errors = {
  PROGRAM_MISSING: {
    message: '{program} is not there: {hint}',
    httpStatus: 500,
    retryable: false,
    severity: 'error',
  },
  PROGRAM_ENDED: {
    message: '{program} ended with {status} before it was ready; its last lines:\n{log}',
    httpStatus: 500,
    retryable: true,
    severity: 'error',
  },
  PROGRAM_NOT_READY: {
    message: '{program} did not get ready: {reason}; its last lines:\n{log}',
    httpStatus: 500,
    retryable: true,
    severity: 'error',
  },
  NO_FREE_PORT: {
    message: 'no free loopback port was found in {attempts} attempts',
    httpStatus: 500,
    retryable: true,
    severity: 'error',
  },
  REQUEST_REFUSED: {
    message: '{method} {path} was answered {status}: {body}',
    httpStatus: 500,
    retryable: false,
    severity: 'error',
  },
  KIND_NOT_SERVED: {
    message: 'the API server does not serve {apiVersion} {kind}',
    httpStatus: 500,
    retryable: false,
    severity: 'error',
  },
  NOT_IN_TIME: {
    message: '{what}: not within {seconds} s{reason}',
    httpStatus: 500,
    retryable: true,
    severity: 'error',
  },
  TARGETS_DOWN: {
    message: 'these targets were not scraped within {seconds} s: {targets}',
    httpStatus: 500,
    retryable: true,
    severity: 'error',
  },
} as const;

export const fail = errorFactory(errors);
