import { errorFactory } from '@kso/kit';

/** The errors of the gateway that are no ordinary outcome. */
export const gatewayErrors = {
  MASTER_URL_INVALID: {
    message: 'the address of the master gateway ({source}) is not a ws, wss, http or https URL or a host',
    httpStatus: 500,
    retryable: false,
    severity: 'fatal',
  },
} as const;

export const fail = errorFactory(gatewayErrors);
