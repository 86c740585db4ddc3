import { createHttpClient, describeError, type HttpClient, readOutgoing } from '@kso/kit';
import type { LifecyclePorts } from '../ports.ts';
import type { Target, Targets } from './targets.ts';

type Answer = { readonly ok: boolean; readonly text: string };

const pauseMs = 2000;
const handshakeMs = 10_000;

/** `helm test`: every target answers within its time. One line each; false when one does not. */
export async function check({ targets, waitMs }: Targets, ports: LifecyclePorts): Promise<boolean> {
  const http = createHttpClient({ outgoing: readOutgoing(ports.env), headersTimeoutMs: 10_000 });
  try {
    const answers = await Promise.all(targets.map((target) => askUntil(target, waitMs, http, ports)));
    return answers.every(({ ok }) => ok);
  } finally {
    await http.close();
  }
}

async function askUntil(
  target: Target,
  waitMs: number,
  http: HttpClient,
  { clock, print }: LifecyclePorts,
): Promise<Answer> {
  const end = clock.now() + waitMs;
  let answer = await ask(target, http);
  while (!answer.ok && clock.now() + pauseMs <= end) {
    await clock.sleep(pauseMs);
    answer = await ask(target, http);
  }
  print(`${answer.ok ? 'ok  ' : 'FAIL'} ${target.name} ${target.url.href}: ${answer.text}`);
  return answer;
}

function ask(target: Target, http: HttpClient): Promise<Answer> {
  return target.kind === 'http' ? askHttp(target.url, http) : shakeHands(target.url);
}

async function askHttp(url: URL, http: HttpClient): Promise<Answer> {
  try {
    const { statusCode, body } = await http.request(url);
    const [firstLine = ''] = (await body.text()).split('\n');
    return { ok: statusCode === 200, text: `${statusCode} ${printable(firstLine)}`.trimEnd() };
  } catch (error) {
    return { ok: false, text: describeError(error) };
  }
}

function shakeHands(url: URL): Promise<Answer> {
  const { promise, resolve } = Promise.withResolvers<Answer>();
  const socket = new WebSocket(url);
  const timer = setTimeout(() => resolve({ ok: false, text: 'no answer' }), handshakeMs);
  socket.addEventListener('open', () => resolve({ ok: true, text: 'connected' }));
  socket.addEventListener('error', () => resolve({ ok: false, text: 'refused' }));
  return promise.finally(() => {
    clearTimeout(timer);
    socket.close();
  });
}

/** What another process answers must not command the terminal it is shown on. */
const printable = (line: string): string => line.replace(/[^\x20-\x7e]/g, '?').slice(0, 200);
