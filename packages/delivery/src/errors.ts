import { type ErrorTable, errorFactory } from '@kso/kit';

/** Errors of this package. Outcomes of a post are values; only what a caller configured wrongly, and spans, see an error. */
export const deliveryErrors = {
  TARGET_INVALID: {
    message: 'the CloudEndpoint address {url} is not an http or https URL',
    httpStatus: 500,
    retryable: false,
    severity: 'fatal',
  },
  POST_FAILED: {
    message: 'a report was not taken: {reason}',
    httpStatus: 502,
    retryable: true,
    severity: 'warn',
  },
} as const satisfies ErrorTable;

export const fail = errorFactory(deliveryErrors);
