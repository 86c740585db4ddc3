import { errorFactory } from '@kso/kit';

/** The errors of this package, also those that end as a job's `failure`. */
export const errors = {
  JOB_INVALID: { message: 'the job is invalid: {problem}', httpStatus: 400, retryable: false, severity: 'error' },
  PAYLOAD_TOO_LARGE: {
    message: 'the payload of {kind} job {jobId} has {bytes} bytes, at most {limit} are allowed',
    httpStatus: 413,
    retryable: false,
    severity: 'error',
  },
  RESULT_TOO_LARGE: {
    message: 'the result of the job has {bytes} bytes, at most {limit} are allowed',
    httpStatus: 500,
    retryable: false,
    severity: 'error',
  },
  JOB_CANCELLED: { message: 'the job was cancelled', httpStatus: 409, retryable: false, severity: 'warn' },
  JOB_EXPIRED: {
    message: 'the job waited past the time by which it had to start',
    httpStatus: 504,
    retryable: false,
    severity: 'warn',
  },
  JOB_RELEASED: {
    message: 'the worker is shutting down; the job goes back to the queue',
    httpStatus: 503,
    retryable: true,
    severity: 'warn',
  },
  JOB_LOST: { message: 'another worker has taken the job over', httpStatus: 409, retryable: true, severity: 'warn' },
  JOB_STALLED: {
    message: 'the worker process died {stalls} times while it ran the job',
    httpStatus: 500,
    retryable: false,
    severity: 'error',
  },
  HANDLER_FAILED: { message: 'the job failed unexpectedly', httpStatus: 500, retryable: true, severity: 'error' },
  PARENT_UNKNOWN: { message: 'there is no parent {parentId}', httpStatus: 404, retryable: false, severity: 'error' },
  PARENT_SEALED: {
    message: 'parent {parentId} is sealed and takes no more children',
    httpStatus: 409,
    retryable: false,
    severity: 'error',
  },
  HANDLER_TAKEN: {
    message: 'the ends of children have a handler already',
    httpStatus: 500,
    retryable: false,
    severity: 'error',
  },
  QUEUE_CLOSED: { message: 'the queue is closed', httpStatus: 503, retryable: true, severity: 'warn' },
  QUEUE_UNAVAILABLE: {
    message: 'the queue cannot be reached: {reason}',
    httpStatus: 503,
    retryable: true,
    severity: 'error',
  },
  REDIS_URL_INVALID: {
    message: 'the Redis URL is not of the form redis://[user:password@]host[:port][/db]',
    httpStatus: 500,
    retryable: false,
    severity: 'fatal',
  },
  JOURNAL_IN_USE: {
    message: 'another process works on the journal {file}',
    httpStatus: 503,
    retryable: false,
    severity: 'fatal',
  },
} as const;

export const fail = errorFactory(errors);
