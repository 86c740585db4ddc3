import { errorFactory } from '@kso/kit';

const row = { httpStatus: 500, severity: 'error' } as const;

/** Errors of what the chart runs once. */
export const lifecycleErrors = {
  NO_NAMESPACE: { ...row, message: 'the namespace is not known: give --namespace', retryable: false },
  SECRET_UNAVAILABLE: { ...row, message: 'Secret {name} cannot be read or filled: status {status}', retryable: true },
  SECRET_CONTESTED: { ...row, message: 'Secret {name} is changed by somebody else all the time', retryable: true },
  DEPLOYMENT_UNAVAILABLE: {
    ...row,
    message: 'Deployment {name} cannot be restarted: status {status}',
    retryable: true,
  },
} as const;

export const fail = errorFactory(lifecycleErrors);
