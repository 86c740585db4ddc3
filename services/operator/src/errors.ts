import { errorFactory } from '@kso/kit';

/** The errors of the operator, also those that a command ends with. */
export const operatorErrors = {
  COMMANDS_MALFORMED: {
    message: 'the body holds no commands: {problem}',
    httpStatus: 400,
    retryable: false,
    severity: 'warn',
  },
  TOO_MANY_COMMANDS: {
    message: '{count} commands are being carried out, at most {limit} are taken',
    httpStatus: 503,
    retryable: true,
    severity: 'warn',
  },
  REQUEST_NOT_FOUND: { message: 'request not found', httpStatus: 400, retryable: false, severity: 'warn' },
  REQUEST_INVALID: {
    message: 'args.scanV1 is no scan request: {problem}',
    httpStatus: 400,
    retryable: false,
    severity: 'warn',
  },
  SCOPE_INVALID: {
    message: 'the command does not say what to scan: {problem}',
    httpStatus: 400,
    retryable: false,
    severity: 'warn',
  },
  COMMAND_EMPTY: { message: 'the command has no name', httpStatus: 400, retryable: false, severity: 'warn' },
  COMMAND_UNKNOWN: { message: 'there is no command {name}', httpStatus: 400, retryable: false, severity: 'warn' },
  COMMAND_FAILED: {
    message: 'the command cannot be carried out: {problem}',
    httpStatus: 500,
    retryable: false,
    severity: 'error',
  },
  COMMAND_CANCELLED: { message: 'the command was cancelled', httpStatus: 409, retryable: false, severity: 'warn' },
  COMMAND_ENDED: {
    message: 'the command {id} has ended already',
    httpStatus: 409,
    retryable: false,
    severity: 'warn',
  },
  JOB_OF_COMMANDS: {
    message: 'the job {id} belongs to commands, perhaps several: cancel those',
    httpStatus: 409,
    retryable: false,
    severity: 'warn',
  },
  PODS_UNAVAILABLE: {
    message: 'images cannot be scanned: this operator has no access to pods',
    httpStatus: 501,
    retryable: false,
    severity: 'warn',
  },
  FAN_OUT_FAILED: {
    message: 'the pods could not be listed: {problem}',
    httpStatus: 502,
    retryable: true,
    severity: 'error',
  },
  SCHEDULE_INVALID: { message: '{problem}', httpStatus: 400, retryable: false, severity: 'warn' },
  SCHEDULE_TEMPLATE: {
    message: 'the template {name} makes no CronJob: {problem}',
    httpStatus: 500,
    retryable: false,
    severity: 'error',
  },
  SCHEDULE_REFUSED: {
    message: 'the cluster does not let this operator {verb} {what}: {problem}',
    httpStatus: 502,
    retryable: false,
    severity: 'error',
  },
  SCHEDULE_UNKNOWN: { message: 'there is no schedule {name}', httpStatus: 404, retryable: false, severity: 'warn' },
  SCHEDULES_UNAVAILABLE: {
    message: 'recurring scans cannot be managed: this operator has no access to CronJobs',
    httpStatus: 501,
    retryable: false,
    severity: 'warn',
  },
  OBJECT_REFUSED: {
    message: 'the cluster does not let this operator {verb} {what}: {problem}',
    httpStatus: 502,
    retryable: false,
    severity: 'error',
  },
  REGISTRY_INVALID: {
    message: 'the command names no registry: {problem}',
    httpStatus: 400,
    retryable: false,
    severity: 'warn',
  },
  REGISTRY_PROVIDER: {
    message: 'the registry provider {provider} is not known',
    httpStatus: 400,
    retryable: false,
    severity: 'warn',
  },
  REGISTRY_LOGIN: {
    message: 'there is no way to log in to {registry}: {problem}',
    httpStatus: 400,
    retryable: false,
    severity: 'warn',
  },
  REGISTRY_FAILED: {
    message: 'the registry {registry} cannot be read: {problem}',
    httpStatus: 502,
    retryable: false,
    severity: 'error',
  },
  REGISTRY_REFUSED: {
    message: 'the cluster does not let this operator {verb} {what}: {problem}',
    httpStatus: 502,
    retryable: false,
    severity: 'error',
  },
  REGISTRY_BUSY: {
    message: 'the Job {name} of an earlier scan is still being removed',
    httpStatus: 503,
    retryable: true,
    severity: 'warn',
  },
  REGISTRIES_UNAVAILABLE: {
    message: 'registries cannot be scanned: this operator has no access to them, or to Secrets for their logins',
    httpStatus: 501,
    retryable: false,
    severity: 'warn',
  },
  JOB_UNKNOWN: { message: 'there is no job {id}', httpStatus: 404, retryable: false, severity: 'warn' },
  QUERY_INVALID: { message: 'the query is invalid: {problem}', httpStatus: 400, retryable: false, severity: 'warn' },
  TARGET_NOT_CONFIGURED: {
    message: '{service} is not configured',
    httpStatus: 501,
    retryable: false,
    severity: 'error',
  },
  TARGET_REFUSED: {
    message: "received status code '{status}' from {service}: {detail}",
    httpStatus: 502,
    retryable: false,
    severity: 'error',
  },
  TARGET_BUSY: {
    message: "received status code '{status}' from {service}: {detail}",
    httpStatus: 503,
    retryable: true,
    severity: 'warn',
  },
  TARGET_UNREACHABLE: {
    message: '{service} does not answer: {detail}',
    httpStatus: 502,
    retryable: true,
    severity: 'error',
  },
} as const;

export const fail = errorFactory(operatorErrors);
