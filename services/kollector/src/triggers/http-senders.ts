import {
  type Clock,
  describeError,
  type HttpClient,
  parseRetryAfter,
  type RotatingToken,
  type Secret,
  type Tracer,
} from '@kso/kit';
import type { CommandProgress, CommandSender, SendOutcome } from '@kso/new-images';
import { z } from 'zod';

export interface SenderPorts {
  readonly http: Pick<HttpClient, 'request'>;
  readonly clock: Clock;
  readonly tracer: Tracer;
}

export interface GatewaySenderOptions {
  /** URL, or `host:port` as the charts write it. */
  readonly url: string;
  readonly account: string;
  readonly clusterName: string;
  readonly key?: Secret;
  readonly timeoutMs: number;
}

/** How many clients a gateway has handed a notification to. One of the existing product does not say it. */
const receiversHeader = 'x-notification-receivers';

/** `POST /v1/sendnotification` of the gateway, for the operator that has registered there (kollector.md 11). */
export function gatewaySender(options: GatewaySenderOptions, ports: SenderPorts): CommandSender {
  const url = urlOf(options.url, '/v1/sendnotification');
  const target = {
    customerGUID: options.account,
    clusterName: options.clusterName,
    clusterComponent: 'InClusterTriggerHandler',
    dest: 'trigger',
  };
  const headers = () => (options.key === undefined ? {} : { 'x-api-key': options.key.reveal() });
  return {
    route: 'gateway',
    send: async (command, signal) => {
      const body = { target, sendSynchronicity: false, notification: { commands: [command] } };
      const answer = await ask({ url, body, headers: headers(), timeoutMs: options.timeoutMs, signal }, ports);
      const outcome = outcomeOf(answer, ports.clock);
      // Nobody was connected: the gateway has dropped it, which is a success to it.
      const isLost = outcome.outcome === 'accepted' && answer.headers?.[receiversHeader] === '0';
      return isLost ? { outcome: 'unavailable', detail: 'no operator is connected to the gateway' } : outcome;
    },
  };
}

export interface OperatorSenderOptions {
  readonly url: string;
  readonly token?: RotatingToken;
  readonly timeoutMs: number;
}

/** `POST /v1/triggerAction` of the operator, and `GET /v1/jobs/ID` for what became of it. */
export function operatorSender(options: OperatorSenderOptions, ports: SenderPorts): CommandSender {
  const { token, timeoutMs } = options;
  const askWithToken = async (request: Pick<Question, 'url' | 'body' | 'signal'>): Promise<Answer> => {
    const attempt = async () => {
      const headers = token === undefined ? {} : { authorization: `Bearer ${await token.get()}` };
      return ask({ ...request, headers, timeoutMs }, ports);
    };
    const first = await attempt();
    if (token === undefined || first.status !== 401) return first;
    // The token may just have been renewed.
    token.rejected();
    return attempt();
  };
  const url = urlOf(options.url, '/v1/triggerAction');
  return {
    route: 'operator',
    send: async (command, signal) =>
      outcomeOf(await askWithToken({ url, body: { commands: [command] }, signal }), ports.clock),
    progressOf: async (jobId, signal) =>
      readProgress(await askWithToken({ url: urlOf(options.url, `/v1/jobs/${jobId}`), signal })),
  };
}

function urlOf(text: string, path: string): URL {
  const base = text.includes('://') ? text : `http://${text}`;
  return new URL(base.replace(/\/+$/, '') + path);
}

interface Question {
  readonly url: URL;
  /** Without one it is a GET. */
  readonly body?: unknown;
  readonly headers: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

interface Answer {
  /** 0: there was none, and `text` says why. */
  readonly status: number;
  readonly headers?: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

/** A command of one workload with its jobs is far below; of a longer answer the rest is not read. */
const maxAnswerBytes = 1024 * 1024;
const maxDetailCharacters = 500;

async function ask(
  { url, body, headers, timeoutMs, signal }: Question,
  { http, tracer }: SenderPorts,
): Promise<Answer> {
  const timeout = AbortSignal.timeout(timeoutMs);
  const traceparent = tracer.current();
  try {
    const answer = await http.request(url, {
      method: body === undefined ? 'GET' : 'POST',
      headers: {
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
        ...(traceparent === undefined ? {} : { traceparent }),
      },
      body: body === undefined ? null : JSON.stringify(body),
      signal: AbortSignal.any([signal, timeout]),
    });
    return { status: answer.statusCode, headers: answer.headers, text: await beginningOf(answer.body) };
  } catch (error) {
    signal.throwIfAborted();
    return { status: 0, text: timeout.aborted ? 'no answer in time' : describeError(error) };
  }
}

async function beginningOf(body: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    size += chunk.length;
    if (size >= maxAnswerBytes) break;
  }
  return Buffer.concat(chunks).toString('utf8');
}

function outcomeOf({ status, headers, text }: Answer, clock: Clock): SendOutcome {
  const detail = text.slice(0, maxDetailCharacters);
  if (status === 0) return { outcome: 'unavailable', detail };
  if (status >= 200 && status < 300) return { outcome: 'accepted' };
  if (!isPassing(status)) return { outcome: 'refused', status, detail };
  const header = headers?.['retry-after'];
  const retryAfterMs = parseRetryAfter(typeof header === 'string' ? header : undefined, clock.now());
  return {
    outcome: 'unavailable',
    detail: `status ${status}: ${detail}`,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
}

/** Statuses that may be others next time. */
function isPassing(status: number): boolean {
  return status >= 500 || status === 408 || status === 425 || status === 429;
}

/** The members of the operator's answer that matter here (docs/reference/operator-api.md). */
const CommandState = z.object({
  state: z.string(),
  jobs: z.object({ total: z.number() }),
  failure: z.object({ message: z.string() }).optional(),
});
const Problem = z.object({ code: z.string() });

function readProgress({ status, text }: Answer): CommandProgress {
  if (status === 0 || isPassing(status)) return { progress: 'open' };
  const body = parseJson(text);
  // Another operator has no such route, and answers with another body.
  if (status === 404 && Problem.safeParse(body).data?.code === 'JOB_UNKNOWN')
    return { progress: 'nothing', detail: 'the operator does not know the command' };
  const command = CommandState.safeParse(body).data;
  if (status !== 200 || command === undefined) return { progress: 'untold' };
  if (command.jobs.total > 0) return { progress: 'queued' };
  if (command.state === 'running') return { progress: 'open' };
  const detail = command.failure?.message ?? 'the operator found no such pod';
  return { progress: 'nothing', detail: detail.slice(0, maxDetailCharacters) };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
