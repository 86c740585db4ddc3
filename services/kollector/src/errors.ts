import { type ErrorTable, errorFactory } from '@kso/kit';

export const kollectorErrors = {
  GATEWAY_NOT_CONFIGURED: {
    message: 'commands shall go through the gateway (route), but no gatewayUrl is configured',
    httpStatus: 500,
    retryable: false,
    severity: 'fatal',
  },
  RECEIVER_INVALID: {
    message: 'eventReceiverUrl is no address for reports: {address}',
    httpStatus: 500,
    retryable: false,
    severity: 'fatal',
  },
} as const satisfies ErrorTable;

export const fail = errorFactory(kollectorErrors);
