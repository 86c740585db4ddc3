import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';

export interface SeenRequest {
  readonly route: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: unknown;
}

export interface PlannedAnswer {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** An Anchore-compatible API for tests: says what it is told to, 200 `{}` otherwise. */
export interface AnchoreServer {
  readonly url: string;
  /** In order; may be emptied. */
  readonly seen: SeenRequest[];
  /** The next answers of a route, in order; text is sent as it is. */
  plan(route: string, ...answers: readonly PlannedAnswer[]): void;
  /** Bodies that a route got. */
  bodies(route: string): unknown[];
  /** Resolves when a route was asked that often. */
  asked(route: string, count: number): Promise<void>;
  stop(): Promise<void>;
}

export async function startAnchoreServer(): Promise<AnchoreServer> {
  const seen: SeenRequest[] = [];
  const plans = new Map<string, PlannedAnswer[]>();
  const checks = new Set<() => void>();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.once('end', () => {
      const route = `${request.method} ${request.url}`;
      const raw = Buffer.concat(chunks);
      const text = request.headers['content-encoding'] === 'gzip' ? gunzipSync(raw).toString() : raw.toString();
      seen.push({ route, headers: request.headers, body: text === '' ? undefined : (JSON.parse(text) as unknown) });
      const { status, body = {}, headers = {} } = plans.get(route)?.shift() ?? { status: 200 };
      response.writeHead(status, headers).end(typeof body === 'string' ? body : JSON.stringify(body));
      for (const check of checks) check();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const bodies = (route: string) => seen.filter((request) => request.route === route).map(({ body }) => body);
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    plan: (route, ...answers) => plans.set(route, [...(plans.get(route) ?? []), ...answers]),
    bodies,
    asked: (route, count) =>
      new Promise((resolve) => {
        const check = () => {
          if (bodies(route).length < count) return;
          checks.delete(check);
          resolve();
        };
        checks.add(check);
        check();
      }),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
