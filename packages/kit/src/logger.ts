import { type DestinationStream, type Logger, pino } from 'pino';
import { KsoError } from './errors.ts';
import { redactText, secretFields } from './redact.ts';
import { redacted } from './secret.ts';

export type { DestinationStream, Logger } from 'pino';

export interface LoggerOptions {
  readonly service: string;
  /** Wins over the environment. */
  readonly level?: string;
  /** Where `KSO_LOG_LEVEL` and `KS_LOGGER_LEVEL` are looked up; the process's by default. */
  readonly env?: NodeJS.ProcessEnv;
  /** Standard output by default. Never a pino transport: those need threads and extra files. */
  readonly destination?: DestinationStream;
}

/** Level names of the Go logger that the charts set in `KS_LOGGER_LEVEL`. */
const foreignLevels: Readonly<Record<string, string>> = { warning: 'warn', success: 'info', panic: 'fatal' };
const levels = new Set(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']);

/**
 * JSON lines with `level`, `time` (RFC 3339), `service` and `msg`. Fields with secret-looking names are replaced down to the third
 * level, credentials inside of URLs and authorization values anywhere in the line.
 */
export function createLogger(options: LoggerOptions): Logger {
  const settings = {
    level: logLevel(options.level ?? levelOf(options.env ?? process.env)),
    base: { service: options.service },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    serializers: { err: serializeError, error: serializeError },
    redact: { paths: redactedPaths(), censor: redacted },
    hooks: { streamWrite: redactText },
  };
  // At once and in order: pino's own default writes in the background, and a process that ends then loses or mixes up its last words.
  return pino(settings, options.destination ?? pino.destination({ dest: standardOutput, sync: true }));
}

const standardOutput = 1;

/** `info` for a name that nobody knows, so that a typo never silences a service. */
export function logLevel(name: string): string {
  const wanted = name.trim().toLowerCase();
  const level = foreignLevels[wanted] ?? wanted;
  return levels.has(level) ? level : 'info';
}

function levelOf(env: NodeJS.ProcessEnv): string {
  return env['KSO_LOG_LEVEL'] || env['KS_LOGGER_LEVEL'] || 'info';
}

function redactedPaths(): string[] {
  return secretFields.flatMap((field) => [field, `*.${field}`, `*.*.${field}`]);
}

interface SerializedError {
  readonly type: string;
  readonly message: string;
  readonly code?: unknown;
  readonly context?: unknown;
  readonly stack?: string;
  readonly cause?: unknown;
  /** Of an AggregateError. */
  readonly errors?: readonly unknown[];
}

const maxDepth = 5;

/** Own serializer: the usual one copies every enumerable property, and clients hang requests with their headers on errors. */
function serializeError(error: unknown, depth = 0): unknown {
  if (!(error instanceof Error)) return error;
  const code = 'code' in error ? error.code : undefined;
  const serialized: SerializedError = {
    type: error.name,
    message: error.message,
    ...(typeof code === 'string' || typeof code === 'number' ? { code } : {}),
    ...(error instanceof KsoError ? { context: error.context } : {}),
    ...(depth === 0 && error.stack !== undefined ? { stack: error.stack } : {}),
    ...(error.cause !== undefined && depth < maxDepth ? { cause: serializeError(error.cause, depth + 1) } : {}),
    ...(error instanceof AggregateError && depth < maxDepth
      ? { errors: error.errors.slice(0, 10).map((inner) => serializeError(inner, depth + 1)) }
      : {}),
  };
  return serialized;
}
