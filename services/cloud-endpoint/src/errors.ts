import { type ErrorTable, errorFactory } from '@kso/kit';

export const cloudEndpointErrors = {
  ACCOUNT_REQUIRED: {
    message: 'account and access key are required (customerGUID and X-API-KEY)',
    httpStatus: 401,
    retryable: false,
    severity: 'warn',
  },
  ACCESS_DENIED: {
    message: 'account or access key are wrong',
    httpStatus: 401,
    retryable: false,
    severity: 'warn',
  },
  ONLY_LOOPBACK: {
    message: 'no account is configured, so only requests from this machine are answered',
    httpStatus: 401,
    retryable: false,
    severity: 'warn',
  },
  CROSS_SITE: {
    message: 'requests from pages of other sites are refused',
    httpStatus: 403,
    retryable: false,
    severity: 'warn',
  },
  ACCOUNT_UNKNOWN: {
    message: 'User account not found: {account}',
    httpStatus: 403,
    retryable: false,
    severity: 'warn',
  },
  REPORT_INVALID: { message: '{reason}', httpStatus: 400, retryable: false, severity: 'warn' },
  REPORT_TOO_LARGE: {
    message: 'the report has more than {limit} bytes',
    httpStatus: 413,
    retryable: false,
    severity: 'warn',
  },
  ENCODING_UNKNOWN: {
    message: 'content encoding {encoding} is not supported, gzip is',
    httpStatus: 415,
    retryable: false,
    severity: 'warn',
  },
  BACKLOG_FULL: {
    message: 'reports come faster than they can be stored',
    httpStatus: 429,
    retryable: true,
    severity: 'warn',
  },
  INGEST_UNAVAILABLE: {
    message: 'reports cannot be stored at present',
    httpStatus: 503,
    retryable: true,
    severity: 'error',
  },
  CLUSTER_UNKNOWN: {
    message: 'no report of cluster {cluster} is here',
    httpStatus: 404,
    retryable: false,
    severity: 'warn',
  },
  COMMAND_INVALID: {
    message: 'no command for a cluster: {reason}',
    httpStatus: 400,
    retryable: false,
    severity: 'warn',
  },
  NO_GATEWAY: {
    message: 'commands cannot be sent: no master gateway is configured',
    httpStatus: 501,
    retryable: false,
    severity: 'warn',
  },
  GATEWAY_REFUSED: {
    message: 'the command was not sent: {detail}',
    httpStatus: 502,
    retryable: true,
    severity: 'error',
  },
  CLUSTER_NOT_CONNECTED: {
    message: 'cluster {cluster} is not connected to the gateway',
    httpStatus: 409,
    retryable: true,
    severity: 'warn',
  },
  POLICY_INVALID: { message: '{reason}', httpStatus: 400, retryable: false, severity: 'warn' },
  POLICY_UNKNOWN: { message: 'there is no {what} here', httpStatus: 404, retryable: false, severity: 'warn' },
  POLICY_LIMIT: {
    message: 'an account keeps at most {limit} of them',
    httpStatus: 409,
    retryable: false,
    severity: 'warn',
  },
  SCHEDULE_INVALID: { message: '{reason}', httpStatus: 400, retryable: false, severity: 'warn' },
  SCHEDULE_UNKNOWN: {
    message: 'no recurring scan {name} of cluster {cluster} was asked for here',
    httpStatus: 404,
    retryable: false,
    severity: 'warn',
  },
  QUERY_INVALID: { message: '{reason}', httpStatus: 400, retryable: false, severity: 'warn' },
  TOO_MANY_LISTENERS: {
    message: 'too many listeners for events',
    httpStatus: 429,
    retryable: true,
    severity: 'warn',
  },
} as const satisfies ErrorTable;

export const fail = errorFactory(cloudEndpointErrors);
