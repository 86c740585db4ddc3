import { systemClock } from './clock.ts';
import { ConfigError } from './config/load.ts';
import { describeError, KsoError } from './errors.ts';
import { createLogger, type Logger } from './logger.ts';
import { createMetrics } from './metrics.ts';
import type { BasePorts } from './ports.ts';
import { registerProcessMetrics } from './process-metrics.ts';
import type { Service } from './service.ts';
import { startTracing } from './tracing-start.ts';

/** `EX_CONFIG` of sysexits.h: a restart does not help, somebody has to change the configuration. */
export const configExitCode = 78;

export interface RunMainOptions {
  readonly service: string;
  /** How long `stop` may take after SIGTERM, in ms; Kubernetes kills after 30 s. */
  readonly stopTimeoutMs?: number;
  /** The process by default; tests pass their own. */
  readonly host?: ProcessHost;
}

/** The part of `process` that a main program touches. */
export interface ProcessHost {
  readonly env: NodeJS.ProcessEnv;
  on(event: string, listener: (argument: unknown) => void): unknown;
  off(event: string, listener: (argument: unknown) => void): unknown;
  exit(code: number): void;
  /** One line for people, on standard error. */
  complain(line: string): void;
}

const realProcess: ProcessHost = {
  get env() {
    return process.env;
  },
  on: (event, listener) => process.on(event, listener),
  off: (event, listener) => process.off(event, listener),
  exit: (code) => process.exit(code),
  complain: (line) => void process.stderr.write(`${line}\n`),
};

/**
 * The main program of every service: builds logger, metrics and tracing, starts what `create` returns, stops it at SIGTERM or SIGINT (a second
 * signal ends at once) and exits: 0 after a clean stop, 78 for a configuration that cannot work, 1 for everything else.
 */
export async function runMain(create: (ports: BasePorts) => Promise<Service>, options: RunMainOptions): Promise<void> {
  const host = options.host ?? realProcess;
  const logger = createLogger({ service: options.service, env: host.env });
  const signals = watchSignals(host, logger);
  // Clocks and idle sockets do not keep a process alive; being asked to run does.
  const alive = setInterval(() => undefined, 2 ** 30);
  const metrics = createMetrics();
  registerProcessMetrics(metrics);
  const tracer = await startTracing({ service: options.service, env: host.env, logger });
  const ports: BasePorts = { logger, metrics, tracer, clock: systemClock };

  let code = 0;
  let service: Service | undefined;
  try {
    service = await create(ports);
    // A signal during a long start is obeyed too.
    await Promise.race([service.start().then(() => logger.info({}, 'started')), signals.stopRequested]);
    await signals.stopRequested;
  } catch (error) {
    code = report(error, host, logger);
  }
  if (!(await stop(service, options.stopTimeoutMs ?? 25_000, logger))) code ||= 1;
  await tracer.shutdown();
  if (signals.crashed) code ||= 1;
  signals.dispose();
  clearInterval(alive);
  logger.info({ exitCode: code }, 'stopped');
  host.exit(code);
}

interface Signals {
  /** Resolves at the first signal; rejects when an exception was caught by nobody. */
  readonly stopRequested: Promise<void>;
  /** An exception was caught by nobody, be it while stopping. */
  readonly crashed: boolean;
  dispose(): void;
}

function watchSignals(host: ProcessHost, logger: Logger): Signals {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  promise.catch(() => undefined);
  let crashed = false;
  let asked = false;
  const onSignal = (signal: unknown): void => {
    logger.info({ signal: String(signal) }, asked ? 'second signal: exit at once' : 'stopping');
    if (asked) host.exit(signal === 'SIGINT' ? 130 : 143);
    asked = true;
    resolve();
  };
  // The process is in an unknown state: stop what can be stopped, and let the next one start afresh.
  const onCrash = (error: unknown): void => {
    // The first one ends the process and is told as its reason; once it stops nobody waits for a reason any more.
    if (asked || crashed) logger.error({ err: error }, 'nobody caught an exception while stopping');
    crashed = true;
    reject(error instanceof Error ? error : new Error(String(error)));
  };
  const handlers: readonly (readonly [string, (argument: unknown) => void])[] = [
    ['SIGTERM', onSignal],
    ['SIGINT', onSignal],
    ['uncaughtException', onCrash],
    ['unhandledRejection', onCrash],
  ];
  for (const [event, listener] of handlers) host.on(event, listener);
  return {
    stopRequested: promise,
    get crashed() {
      return crashed;
    },
    dispose: () => {
      for (const [event, listener] of handlers) host.off(event, listener);
    },
  };
}

function report(error: unknown, host: ProcessHost, logger: Logger): number {
  if (error instanceof ConfigError) {
    logger.fatal({ problems: error.problems }, 'configuration is invalid');
    for (const problem of error.problems) host.complain(problem);
    return configExitCode;
  }
  logger.fatal({ err: error }, 'the service failed');
  host.complain(describeError(error));
  return error instanceof KsoError && configCodes.has(error.code) ? configExitCode : 1;
}

/** Errors that only a changed configuration (or mount) can cure. */
const configCodes: ReadonlySet<string> = new Set([
  'CONFIG_INVALID',
  'FILE_MISSING',
  'FILE_UNREADABLE',
  'FILE_MALFORMED',
  'TLS_UNREADABLE',
  'CA_UNREADABLE',
  'PROXY_INVALID',
]);

async function stop(service: Service | undefined, timeoutMs: number, logger: Logger): Promise<boolean> {
  if (service === undefined) return true;
  const deadline = Promise.withResolvers<'late'>();
  const timer = setTimeout(() => deadline.resolve('late'), timeoutMs);
  try {
    if ((await Promise.race([service.stop(), deadline.promise])) !== 'late') return true;
    logger.error({ timeoutMs }, 'the service did not stop in time');
  } catch (error) {
    logger.error({ err: error }, 'the service did not stop cleanly');
  } finally {
    clearTimeout(timer);
  }
  return false;
}
