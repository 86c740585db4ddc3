import { type ErrorTable, errorFactory } from '@kso/kit';

/** Why a suite cannot start. */
export const suiteErrors = {
  DATA_FOLDER_IN_USE: {
    message: 'another suite{owner} uses the data folder {folder}: stop it, or choose another folder (--data-dir)',
    httpStatus: 503,
    retryable: true,
    severity: 'error',
  },
  DATA_FOLDER_UNUSABLE: {
    message: 'the data folder {folder} cannot be used: {problem} (choose another with --data-dir)',
    httpStatus: 500,
    retryable: false,
    severity: 'error',
  },
  LISTENER_IN_USE: {
    message: 'port {port} ({listener}) is in use: choose another with {option}',
    httpStatus: 503,
    retryable: true,
    severity: 'error',
  },
} as const satisfies ErrorTable;

export const fail = errorFactory(suiteErrors);
