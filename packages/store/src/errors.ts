import { type ErrorTable, errorFactory } from '@kso/kit';

/**
 * Errors of this package. What SQLite itself reports (a full or locked disk, a damaged file) comes as the STORE_… codes of `@kso/kit`;
 * STORE_FULL means the same in both: nothing was written, and there may be room later.
 */
export const storeErrors = {
  STORE_FULL: {
    message: 'the outbox has no room for {bytes} more bytes (limit {limit}): nothing was written',
    httpStatus: 507,
    retryable: true,
    severity: 'error',
  },
  STORE_ASYNC_TRANSACTION: {
    message: 'a transaction must not wait: its function returned a promise and was rolled back',
    httpStatus: 500,
    retryable: false,
    severity: 'fatal',
  },
} as const satisfies ErrorTable;

export const fail = errorFactory(storeErrors);
