import { errorFactory } from './errors.ts';

/** The errors of this package; documented in `docs/reference/errors-kit.md`, which a test compares with this table. */
export const kitErrors = {
  CONFIG_INVALID: {
    message: 'configuration of {service} is invalid: {problems}',
    httpStatus: 500,
    retryable: false,
    severity: 'fatal',
  },
  FILE_MISSING: { message: '{what}: {file} does not exist', httpStatus: 500, retryable: false, severity: 'fatal' },
  FILE_UNREADABLE: { message: '{what}: cannot read {file}', httpStatus: 500, retryable: false, severity: 'fatal' },
  FILE_MALFORMED: {
    message: '{what}: {file} is malformed: {problem}',
    httpStatus: 500,
    retryable: false,
    severity: 'fatal',
  },
  PORT_IN_USE: {
    message: '{name} cannot listen on {host}:{port}: the port is in use',
    httpStatus: 500,
    retryable: false,
    severity: 'fatal',
  },
  LISTEN_FAILED: {
    message: '{name} cannot listen on {host}:{port}',
    httpStatus: 500,
    retryable: false,
    severity: 'fatal',
  },
  TLS_UNREADABLE: {
    message: '{name} cannot load its certificate or key from {file}',
    httpStatus: 500,
    retryable: false,
    severity: 'fatal',
  },
  CROSS_SITE: {
    message: 'requests from pages of other sites are refused, and requests under foreign names',
    httpStatus: 403,
    retryable: false,
    severity: 'warn',
  },
  TOKEN_REQUIRED: { message: 'a bearer token is needed', httpStatus: 401, retryable: false, severity: 'warn' },
  TOKEN_REFUSED: {
    message: 'the bearer token is not accepted',
    httpStatus: 401,
    retryable: false,
    severity: 'warn',
  },
  TOKEN_UNCHECKED: {
    message: 'the bearer token cannot be checked at present: {detail}',
    httpStatus: 503,
    retryable: true,
    severity: 'error',
  },
  CA_UNREADABLE: {
    message: 'the extra CA certificates in {file} cannot be loaded: {problem}',
    httpStatus: 500,
    retryable: false,
    severity: 'fatal',
  },
  PROXY_INVALID: {
    message: 'the proxy address in {variable} is not an http or https URL',
    httpStatus: 500,
    retryable: false,
    severity: 'fatal',
  },
  PROXY_FAILED: {
    message: 'the proxy {proxy} did not open a tunnel to {host}: {problem}',
    httpStatus: 502,
    retryable: true,
    severity: 'warn',
  },
  TOKEN_UNREADABLE: {
    message: 'no token can be read from {file}',
    httpStatus: 503,
    retryable: true,
    severity: 'error',
  },
  STORE_UNAVAILABLE: {
    message: 'the database {file} cannot be opened',
    httpStatus: 503,
    retryable: false,
    severity: 'fatal',
  },
  STORE_FULL: { message: 'the disk under {file} is full', httpStatus: 507, retryable: true, severity: 'error' },
  STORE_LOCKED: { message: '{file} is locked by another process', httpStatus: 503, retryable: true, severity: 'warn' },
  STORE_READONLY: { message: '{file} cannot be written', httpStatus: 503, retryable: false, severity: 'error' },
  STORE_CORRUPT: { message: '{file} is damaged', httpStatus: 503, retryable: false, severity: 'fatal' },
  STORE_IO: { message: 'reading or writing {file} failed', httpStatus: 503, retryable: true, severity: 'error' },
  STORE_TOO_NEW: {
    message: '{file} was written by a newer version (schema {found}, this version knows {known})',
    httpStatus: 503,
    retryable: false,
    severity: 'fatal',
  },
  STORE_FAILED: { message: 'a statement on {file} failed', httpStatus: 500, retryable: false, severity: 'error' },
} as const;

export const fail = errorFactory(kitErrors);
