import { type ErrorTable, errorFactory } from '@kso/kit';

/** What is thrown rather than answered: broken local files and keys. What a registry answers is a value (`Resolution`). */
export const registryErrors = {
  LAYOUT_INVALID: {
    message: 'the OCI image layout {directory} cannot be read: {problem}',
    httpStatus: 500,
    retryable: false,
    severity: 'error',
  },
  CREDENTIAL_KEY_UNREADABLE: {
    message: 'the key file {file} for stored registry logins cannot be used: {problem}',
    httpStatus: 500,
    retryable: false,
    severity: 'fatal',
  },
} as const satisfies ErrorTable;

export const fail = errorFactory(registryErrors);
