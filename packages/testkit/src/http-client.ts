import { Agent as HttpAgent, request as httpRequest } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { fail } from './errors.ts';

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

export interface RequestOptions {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

/** A client of one server. Not `fetch`, because that cannot be given a certificate authority. */
export interface HttpClient {
  request(pathname: string, options?: RequestOptions): Promise<HttpAnswer>;
  /** The parsed body. @throws REQUEST_REFUSED for a status from 400 on. */
  json(pathname: string, options?: RequestOptions): Promise<unknown>;
  close(): void;
}

export function createHttpClient(baseUrl: string, options: { ca?: string; token?: string } = {}): HttpClient {
  const base = new URL(baseUrl);
  const secure = base.protocol === 'https:';
  const agent = secure
    ? new HttpsAgent({ keepAlive: true, ...(options.ca === undefined ? {} : { ca: options.ca }) })
    : new HttpAgent({ keepAlive: true });
  const authorization = options.token === undefined ? {} : { authorization: `Bearer ${options.token}` };

  const request = (pathname: string, { method = 'GET', headers = {}, body }: RequestOptions = {}) =>
    new Promise<HttpAnswer>((resolve, reject) => {
      const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
      const outgoing = (secure ? httpsRequest : httpRequest)(
        new URL(pathname, base),
        { method, agent, headers: { ...authorization, ...length, ...headers } },
        (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.once('error', reject);
          response.once('end', () =>
            resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) }),
          );
        },
      );
      outgoing.once('error', reject);
      outgoing.end(body);
    });

  return {
    request,
    json: async (pathname, requestOptions = {}) => {
      const answer = await request(pathname, requestOptions);
      const text = answer.body.toString('utf8');
      if (answer.status >= 400) {
        const method = requestOptions.method ?? 'GET';
        throw fail('REQUEST_REFUSED', { method, path: pathname, status: answer.status, body: text.slice(0, 2000) });
      }
      return text === '' ? undefined : (JSON.parse(text) as unknown);
    },
    close: () => agent.destroy(),
  };
}
