import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface FakeServiceRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface FakeServiceAnswer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Text as it is, anything else as JSON. */
  readonly body?: unknown;
}

/** A token service or API in this process. Without an answer it is a 404. */
export interface FakeService {
  readonly url: string;
  /** `127.0.0.1:PORT` */
  readonly host: string;
  readonly requests: readonly FakeServiceRequest[];
  stop(): Promise<void>;
}

export async function startFakeService(
  answer: (request: FakeServiceRequest) => FakeServiceAnswer | undefined,
): Promise<FakeService> {
  const requests: FakeServiceRequest[] = [];
  const server = createServer((incoming, response) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      const { method = 'GET', url = '/', headers } = incoming;
      const request = { method, url: new URL(url, origin()), headers, body: Buffer.concat(chunks).toString('utf8') };
      requests.push(request);
      const { status = 200, headers: extra = {}, body = '' } = answer(request) ?? { status: 404 };
      response.writeHead(status, { 'content-type': 'application/json', ...extra });
      response.end(typeof body === 'string' ? body : JSON.stringify(body));
    });
  });
  const origin = (): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: origin(),
    host: new URL(origin()).host,
    requests,
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
