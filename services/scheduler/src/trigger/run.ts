import { hash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import {
  type BasePorts,
  ConfigError,
  configExitCode,
  createHttpClient,
  describeError,
  type HttpClient,
  KsoError,
  loadConfig,
  readOutgoing,
  readTextFile,
  rotatingToken,
} from '@kso/kit';
import { type DeliveryOutcome, deliver, describeOutcome } from '../delivery.ts';
import { parseArguments, usage } from './arguments.ts';
import { type TriggerConfig, triggerConfig } from './config.ts';

export interface TriggerPorts extends BasePorts {
  readonly env: NodeJS.ProcessEnv;
  /** A line for people on standard output or standard error. */
  readonly print: (line: string) => void;
  readonly complain: (line: string) => void;
  readonly signal?: AbortSignal;
}

/** What a CronJob's controller and people see. */
export const exitCodes = { accepted: 0, refused: 1, usage: 2, undelivered: 3, interrupted: 143 } as const;

/** One request, as the command line says; returns the exit code. */
export async function runTrigger(argv: readonly string[], ports: TriggerPorts): Promise<number> {
  const parsed = parseArguments(argv);
  if (!parsed.ok) return explain(parsed.problems, exitCodes.usage, ports);
  if (parsed.help) {
    ports.print(usage);
    return exitCodes.accepted;
  }
  try {
    const { config } = loadConfig(triggerConfig, { env: ports.env, overrides: parsed.settings });
    return await trigger(config, ports);
  } catch (error) {
    if (error instanceof ConfigError) return explain(error.problems, configExitCode, ports);
    if (ports.signal?.aborted === true) return explain(['interrupted'], exitCodes.interrupted, ports);
    const code = error instanceof KsoError && error.code.startsWith('FILE_') ? exitCodes.usage : exitCodes.undelivered;
    return explain([describeError(error)], code, ports);
  }
}

async function trigger(config: TriggerConfig, ports: TriggerPorts): Promise<number> {
  const url = new URL(`${config.scheme}://${config.host}/${config.path.replace(/^\/+/, '')}`);
  const body = config.pathBody === undefined ? config.body : readTextFile(config.pathBody, 'request body');
  const problem = outputProblem(config);
  if (problem !== undefined) return explain([problem], exitCodes.usage, ports);
  const http = createHttpClient({
    outgoing: readOutgoing(ports.env),
    insecureSkipTlsVerify: config.skipSslVerify,
    headersTimeoutMs: config.timeout,
    bodyTimeoutMs: config.timeout,
  });
  try {
    const outcome = await send(config, { url, body, http }, ports);
    return finish(outcome, config, ports);
  } finally {
    await http.close();
  }
}

function send(
  config: TriggerConfig,
  { url, body, http }: { url: URL; body: string | undefined; http: HttpClient },
  ports: TriggerPorts,
): Promise<DeliveryOutcome> {
  const key = keyOfRun(ports.env, [config.method, url.href, body]);
  const attributes = { 'http.request.method': config.method, 'server.address': url.host };
  return ports.tracer.span(`trigger ${config.method}`, { kind: 'client', attributes }, () =>
    deliver(
      {
        method: config.method,
        url,
        headers: config.headers,
        ...(body === undefined ? {} : { body }),
        ...(key === undefined ? {} : { idempotencyKey: key }),
        ...(config.tokenFile === undefined ? {} : { token: rotatingToken(config.tokenFile, { clock: ports.clock }) }),
      },
      {
        http,
        retry: {
          attempts: config.attempts,
          baseMs: config.backoffMin,
          maxMs: config.backoffMax,
          budgetMs: config.budget,
        },
        timeoutMs: config.timeout,
        maxBody: config.pathOutput === undefined ? 64 * 1024 : 16 * 1024 * 1024,
        ...(ports.signal === undefined ? {} : { signal: ports.signal }),
      },
      ports,
    ),
  );
}

function finish(outcome: DeliveryOutcome, config: TriggerConfig, ports: TriggerPorts): number {
  const fields = { method: config.method, host: config.host, path: config.path, ...describeOutcome(outcome) };
  if (outcome.kind === 'accepted') {
    ports.logger.info(fields, 'request accepted');
    ports.print(`response: ${shown(outcome.body)}`);
    if (config.pathOutput !== undefined) writeFileSync(config.pathOutput, outcome.body, { mode: 0o600 });
    return exitCodes.accepted;
  }
  ports.logger.error(fields, 'request not accepted');
  if (outcome.kind === 'refused') {
    return explain([`refused with status ${outcome.status}: ${shown(outcome.body)}`], exitCodes.refused, ports);
  }
  const why = outcome.kind === 'busy' ? `status ${outcome.status}: ${shown(outcome.body)}` : outcome.reason;
  return explain([`not delivered to ${config.host}: ${why}`], exitCodes.undelivered, ports);
}

/** Asked before anything is sent: a Job whose pod fails afterwards would send it again. */
function outputProblem({ pathOutput }: TriggerConfig): string | undefined {
  if (pathOutput === undefined) return undefined;
  try {
    writeFileSync(pathOutput, '', { mode: 0o600, flag: 'a' });
    return undefined;
  } catch (error) {
    return `the answer cannot be written to ${pathOutput}: ${describeError(error)}`;
  }
}

/**
 * The pods of one run of a CronJob send the same request under the same key, so that one that failed after its request was taken makes
 * no second command of it: Kubernetes names them after their Job, whose name ends in the minute of the run. Undefined elsewhere.
 */
function keyOfRun({ HOSTNAME: pod = '' }: NodeJS.ProcessEnv, request: readonly unknown[]): string | undefined {
  const job = /^(?<job>.+-\d{8})-[a-z\d]{5}$/.exec(pod)?.groups?.['job'];
  return job && hash('sha256', JSON.stringify([job, ...request]), 'base64url');
}

/** The beginning of an answer, without what would command a terminal. */
function shown(body: string): string {
  return body.slice(0, 1024).replace(/\p{Cc}+/gu, ' ');
}

function explain(lines: readonly string[], code: number, ports: TriggerPorts): number {
  for (const line of lines) ports.complain(line);
  return code;
}
