import { createServer, request as forward, type IncomingMessage, type ServerResponse } from 'node:http';
import { request as forwardSecurely } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';

/** Stands between a client and an API server, and does what networks, load balancers and overloaded servers do. */
export interface DisturbingProxy {
  readonly url: string;
  /** Ends every connection at once. */
  cut(): void;
  /** Takes connections and requests, and answers nothing; what is open falls silent too. */
  blackHole(on: boolean): void;
  /** Answers everything with this status; undefined lets requests through again. */
  refuse(status: number | undefined): void;
  /** The only bearer token that is let through. */
  accept(token: string): void;
  /** Requests so far. */
  readonly requests: number;
  stop(): void;
}

export interface ProxyTarget {
  readonly url: string;
  readonly ca: string;
  /** What the proxy shows to the API server. */
  readonly token: string;
}

export async function startDisturbingProxy(target: ProxyTarget): Promise<DisturbingProxy> {
  const sockets = new Set<Socket>();
  let isBlackHole = false;
  let refusal: number | undefined;
  let accepted: string | undefined;
  let requests = 0;

  const server = createServer((request, response) => {
    requests += 1;
    request.resume();
    if (isBlackHole) return;
    const status = statusFor(request);
    if (status !== undefined) sendStatus(response, status);
    else pass(request, response);
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.once('close', () => sockets.delete(socket));
  });

  const statusFor = ({ headers }: IncomingMessage): number | undefined => {
    const isKnown = accepted === undefined || headers.authorization === `Bearer ${accepted}`;
    return isKnown ? refusal : 401;
  };

  const pass = ({ method, url: path = '/', headers }: IncomingMessage, response: ServerResponse) => {
    const send = target.url.startsWith('https:') ? forwardSecurely : forward;
    const upstream = send(`${target.url}${path}`, {
      method,
      ca: target.ca,
      agent: false,
      headers: { accept: headers.accept ?? 'application/json', authorization: `Bearer ${target.token}` },
    });
    upstream.on('response', (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      // Nothing gets through a connection any more from which a byte was swallowed: a stream has no holes.
      let isLost = false;
      answer.on('data', (chunk: Buffer) => {
        isLost ||= isBlackHole;
        if (!isLost) response.write(chunk);
      });
      answer.on('end', () => {
        if (!isLost && !isBlackHole) response.end();
      });
      answer.on('error', () => response.destroy());
    });
    upstream.on('error', () => response.destroy());
    response.on('close', () => upstream.destroy());
    upstream.end();
  };

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cut,
    blackHole: (on) => {
      isBlackHole = on;
    },
    refuse: (status) => {
      refusal = status;
    },
    accept: (token) => {
      accepted = token;
    },
    get requests() {
      return requests;
    },
    stop: () => {
      cut();
      server.close();
    },
  };
}

const reasons = new Map([
  [401, 'Unauthorized'],
  [410, 'Expired'],
  [429, 'TooManyRequests'],
]);

function sendStatus(response: ServerResponse, code: number): void {
  const status = {
    kind: 'Status',
    apiVersion: 'v1',
    status: 'Failure',
    code,
    reason: reasons.get(code) ?? 'InternalError',
  };
  const retry = code === 429 ? { 'retry-after': '1' } : {};
  response.writeHead(code, { 'content-type': 'application/json', ...retry }).end(JSON.stringify(status));
}
