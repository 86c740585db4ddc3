import { lookup } from 'node:dns/promises';
import { type IncomingMessage, type RequestOptions, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { type Clock, describeError, type Logger } from '@kso/kit';
import { fail } from '../errors.ts';
import type { AddressCheck } from './allowed-address.ts';

export interface CallbackMessage {
  readonly id: string;
  readonly status: 'completed' | 'failed';
  readonly error?: string;
}

export interface CallbackPorts {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly isAllowed: AddressCheck;
  /** Every address of a host; DNS by default. */
  readonly resolve?: (host: string) => Promise<readonly { readonly address: string; readonly family: number }[]>;
}

const attempts = 3;
const attemptMs = 5000;
const totalMs = 20_000;
const pauseMs = 2000;
const maxUrl = 2048;

/** The URL of a callback. @throws BAD_REQUEST when it is not http or https, or carries a password */
export function readCallbackUrl(text: string): URL {
  const url = text.length > maxUrl ? null : URL.parse(text);
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:'))
    throw fail('BAD_REQUEST', { problem: 'callback: no http or https URL' });
  if (url.username !== '' || url.password !== '')
    throw fail('BAD_REQUEST', { problem: 'callback: user and password in the URL are not allowed' });
  return url;
}

/**
 * Tells a client that its scan has ended (scanner.md 2.9): three attempts, no redirects, and the connection goes to the address that
 * was checked, whatever the name resolves to a moment later. Never throws: a failure is logged.
 */
export async function sendCallback(
  url: URL,
  message: CallbackMessage,
  ports: CallbackPorts,
  signal: AbortSignal,
): Promise<void> {
  const { clock, logger } = ports;
  const within = AbortSignal.any([signal, AbortSignal.timeout(totalMs)]);
  for (let attempt = 1; ; attempt++) {
    const problem = await tryOnce(url, message, ports, within);
    if (problem === undefined) return;
    const isLast = problem.isFinal || attempt === attempts || within.aborted;
    if (!isLast) await clock.sleep(pauseMs * attempt, within).catch(() => undefined);
    if (!isLast && !within.aborted) continue;
    // The path and the query can carry a secret of the client.
    if (!signal.aborted) logger.warn({ host: url.host, attempt, problem: problem.text }, 'a callback failed');
    return;
  }
}

interface Problem {
  readonly text: string;
  /** Another attempt would end the same way. */
  readonly isFinal: boolean;
}

async function tryOnce(
  url: URL,
  message: CallbackMessage,
  { isAllowed, resolve = resolveHost }: CallbackPorts,
  within: AbortSignal,
): Promise<Problem | undefined> {
  try {
    const addresses = await resolve(url.hostname.replace(/^\[|\]$/g, ''));
    const target = addresses.find(({ address }) => isAllowed(address));
    if (target === undefined) return { text: 'its address is not allowed', isFinal: true };
    const status = await post(url, message, target, AbortSignal.any([within, AbortSignal.timeout(attemptMs)]));
    if (status >= 200 && status < 300) return undefined;
    return { text: `HTTP ${status}`, isFinal: status >= 300 && status < 500 };
  } catch (error) {
    return { text: describeError(error), isFinal: false };
  }
}

function post(
  url: URL,
  message: CallbackMessage,
  { address, family }: { readonly address: string; readonly family: number },
  signal: AbortSignal,
): Promise<number> {
  const body = JSON.stringify(message);
  const options: RequestOptions = {
    method: 'POST',
    signal,
    agent: false,
    headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
    lookup: (_host, { all }, done) => (all === true ? done(null, [{ address, family }]) : done(null, address, family)),
  };
  return new Promise((resolve, reject) => {
    const onAnswer = (answer: IncomingMessage): void => {
      answer.destroy();
      resolve(answer.statusCode ?? 0);
    };
    const sent = url.protocol === 'https:' ? requestHttps(url, options, onAnswer) : requestHttp(url, options, onAnswer);
    sent.on('error', reject);
    sent.end(body);
  });
}

function resolveHost(host: string): Promise<{ address: string; family: number }[]> {
  return lookup(host, { all: true });
}
