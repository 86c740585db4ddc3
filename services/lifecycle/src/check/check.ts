import {
  createHttpClient,
  describeError,
  type HttpClient,
  type RotatingToken,
  readOutgoing,
  rotatingToken,
} from '@kso/kit';
import type { LifecyclePorts } from '../ports.ts';
import type { Target, Targets } from './targets.ts';

type Answer = { readonly ok: boolean; readonly text: string };

interface Means {
  readonly http: HttpClient;
  readonly token: RotatingToken | undefined;
}

const pauseMs = 2000;
const handshakeMs = 10_000;

/** `helm test`: every target answers within its time. One line each; false when one does not. */
export async function check({ targets, waitMs, tokenFile }: Targets, ports: LifecyclePorts): Promise<boolean> {
  const token = tokenFile === undefined ? undefined : rotatingToken(tokenFile);
  const http = createHttpClient({ outgoing: readOutgoing(ports.env), headersTimeoutMs: 10_000 });
  try {
    const answers = await Promise.all(targets.map((target) => askUntil(target, waitMs, { http, token }, ports)));
    return answers.every(({ ok }) => ok);
  } finally {
    await http.close();
  }
}

async function askUntil(
  target: Target,
  waitMs: number,
  means: Means,
  { clock, print }: LifecyclePorts,
): Promise<Answer> {
  const end = clock.now() + waitMs;
  let answer = await ask(target, means);
  while (!answer.ok && clock.now() + pauseMs <= end) {
    await clock.sleep(pauseMs);
    answer = await ask(target, means);
  }
  print(`${answer.ok ? 'ok  ' : 'FAIL'} ${target.name} ${target.url.href}: ${answer.text}`);
  return answer;
}

function ask(target: Target, { http, token }: Means): Promise<Answer> {
  return target.kind === 'http' ? askHttp(target.url, http) : shakeHands(target.url, token);
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

async function shakeHands(url: URL, token: RotatingToken | undefined): Promise<Answer> {
  try {
    const headers = token === undefined ? {} : { authorization: `Bearer ${await token.get()}` };
    return await openSocket(new WebSocket(url, { headers }));
  } catch (error) {
    return { ok: false, text: describeError(error) };
  }
}

function openSocket(socket: WebSocket): Promise<Answer> {
  const { promise, resolve } = Promise.withResolvers<Answer>();
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
