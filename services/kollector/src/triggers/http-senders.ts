import {
  type Clock,
  describeError,
  type HttpClient,
  parseRetryAfter,
  type RotatingToken,
  type Secret,
  type Tracer,
} from '@kso/kit';
import type { CommandSender, SendOutcome } from './command-sender.ts';

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
    send: (command, signal) => {
      const body = { target, sendSynchronicity: false, notification: { commands: [command] } };
      return post({ url, body, headers: headers(), timeoutMs: options.timeoutMs, signal }, ports);
    },
  };
}

export interface OperatorSenderOptions {
  readonly url: string;
  readonly token?: RotatingToken;
  readonly timeoutMs: number;
}

/** `POST /v1/triggerAction` of the operator. */
export function operatorSender(options: OperatorSenderOptions, ports: SenderPorts): CommandSender {
  const url = urlOf(options.url, '/v1/triggerAction');
  return {
    route: 'operator',
    send: async (command, signal) => {
      const { token, timeoutMs } = options;
      const attempt = async () => {
        const headers = token === undefined ? {} : { authorization: `Bearer ${await token.get()}` };
        return post({ url, body: { commands: [command] }, headers, timeoutMs, signal }, ports);
      };
      const first = await attempt();
      if (token === undefined || first.outcome !== 'refused' || first.status !== 401) return first;
      // The token may just have been renewed.
      token.rejected();
      return attempt();
    },
  };
}

function urlOf(text: string, path: string): URL {
  const base = text.includes('://') ? text : `http://${text}`;
  return new URL(base.replace(/\/+$/, '') + path);
}

interface Post {
  readonly url: URL;
  readonly body: unknown;
  readonly headers: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

const maxDetailBytes = 500;

async function post(
  { url, body, headers, timeoutMs, signal }: Post,
  { http, clock, tracer }: SenderPorts,
): Promise<SendOutcome> {
  const timeout = AbortSignal.timeout(timeoutMs);
  const traceparent = tracer.current();
  try {
    const answer = await http.request(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...headers,
        ...(traceparent === undefined ? {} : { traceparent }),
      },
      body: JSON.stringify(body),
      signal: AbortSignal.any([signal, timeout]),
    });
    const detail = await beginningOf(answer.body);
    const { statusCode: status } = answer;
    if (status >= 200 && status < 300) return { outcome: 'accepted' };
    if (status < 500 && status !== 408 && status !== 425 && status !== 429)
      return { outcome: 'refused', status, detail };
    const header = answer.headers['retry-after'];
    const retryAfterMs = parseRetryAfter(typeof header === 'string' ? header : undefined, clock.now());
    return {
      outcome: 'unavailable',
      detail: `status ${status}: ${detail}`,
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    };
  } catch (error) {
    signal.throwIfAborted();
    return { outcome: 'unavailable', detail: timeout.aborted ? 'no answer in time' : describeError(error) };
  }
}

/** The rest is not read, however long it is. */
async function beginningOf(body: AsyncIterable<Buffer>): Promise<string> {
  for await (const chunk of body) return chunk.subarray(0, maxDetailBytes).toString('utf8');
  return '';
}
