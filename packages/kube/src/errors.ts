import { errorFactory } from '@kso/kit';

/** The errors of this package. What an API server answers in the ordinary course (404, 403, 410) is a value, not an error. */
export const kubeErrors = {
  KUBE_NOT_CONFIGURED: {
    message: 'no cluster is configured: looked at {places}',
    httpStatus: 500,
    retryable: false,
    severity: 'fatal',
  },
  KUBECONFIG_INVALID: {
    message: 'kubeconfig {file} cannot be used: {reason}',
    httpStatus: 500,
    retryable: false,
    severity: 'fatal',
  },
  KUBE_CREDENTIALS: {
    message: 'no credentials for user {user}: {reason}',
    httpStatus: 503,
    retryable: true,
    severity: 'error',
  },
  KUBE_UNREACHABLE: {
    message: 'the API server {server} does not answer',
    httpStatus: 503,
    retryable: true,
    severity: 'error',
  },
  KUBE_API: {
    message: '{method} {path} was answered {status}: {detail}',
    httpStatus: 502,
    retryable: true,
    severity: 'error',
  },
  KUBE_ANSWER_INVALID: {
    message: '{path} was answered with something that is not the expected JSON: {detail}',
    httpStatus: 502,
    retryable: true,
    severity: 'error',
  },
  KUBE_ANSWER_TOO_LARGE: {
    message: 'the answer to {path} is larger than {limit} bytes',
    httpStatus: 502,
    retryable: false,
    severity: 'error',
  },
} as const;

export const fail = errorFactory(kubeErrors);
