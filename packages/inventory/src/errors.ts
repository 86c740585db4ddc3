import { type ErrorTable, errorFactory } from '@kso/kit';

/** The errors of this package. `httpStatus` 400 marks what the user can correct in flags, variables or the file. */
export const inventoryErrors = {
  INVENTORY_CONFIG_INVALID: {
    message: 'the configuration of the inventory is invalid: {problems}',
    httpStatus: 400,
    retryable: false,
    severity: 'fatal',
  },
  INVENTORY_FILE_UNUSABLE: {
    message: '{file}: {problem}',
    httpStatus: 400,
    retryable: false,
    severity: 'fatal',
  },
  NAMESPACES_UNREADABLE: {
    message: 'nothing was collected: {reason}',
    httpStatus: 502,
    retryable: true,
    severity: 'error',
  },
  COLLECTION_TIMEOUT: {
    message: 'the collection took longer than {seconds} s (5 × kubernetes.request-timeout-seconds)',
    httpStatus: 504,
    retryable: true,
    severity: 'error',
  },
  REGISTRATION_REFUSED: {
    message: 'the integration could not be registered: {reason}',
    httpStatus: 502,
    retryable: false,
    severity: 'fatal',
  },
} as const satisfies ErrorTable;

export const fail = errorFactory(inventoryErrors);
