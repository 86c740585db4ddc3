import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** An image as test code builds it: a manifest and what it names, or an index with its images. */
export interface FakeImage {
  readonly manifest: Buffer;
  readonly descriptor: { readonly mediaType: string; readonly digest: string };
  readonly blobs: ReadonlyMap<string, Buffer>;
  readonly images: readonly FakeImage[];
}

export interface FakeRegistryOptions {
  /** Who is let in; nobody has to log in by default. */
  readonly login?: { readonly scheme: 'basic' | 'bearer'; readonly username: string; readonly password: string };
  /** With a bearer scheme: anybody gets a token without a login. */
  readonly anonymousTokens?: boolean;
  /** An answer of its own before anything else, or undefined to go on. */
  readonly intercept?: (request: IncomingMessage, response: ServerResponse) => 'answered' | undefined;
}

export interface FakeRequest {
  readonly method: string;
  readonly url: string;
  readonly authorization: string | undefined;
}

/** A registry in this process, for behaviour that a real one cannot be brought to: refusals, stalls, wrong answers. */
export interface FakeRegistry {
  /** `127.0.0.1:PORT` */
  readonly host: string;
  readonly requests: readonly FakeRequest[];
  push(repository: string, tag: string, image: FakeImage): void;
  stop(): Promise<void>;
}

export async function startFakeRegistry(options: FakeRegistryOptions = {}): Promise<FakeRegistry> {
  const contents = new Map<string, { body: Buffer; type: string }>();
  const requests: FakeRequest[] = [];
  const server = createServer((request, response) => {
    const { method = 'GET', url = '/', headers } = request;
    requests.push({ method, url, authorization: headers.authorization });
    if (options.intercept?.(request, response) === 'answered') return;
    answer(request, response, { contents, options, host: hostOf(server.address()) });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));

  const push = (repository: string, tag: string, image: FakeImage): void => {
    const { manifest: body, descriptor } = image;
    for (const reference of [tag, descriptor.digest]) {
      contents.set(`/v2/${repository}/manifests/${reference}`, { body, type: descriptor.mediaType });
    }
    for (const [digest, blob] of image.blobs) {
      contents.set(`/v2/${repository}/blobs/${digest}`, { body: blob, type: 'application/octet-stream' });
    }
    for (const part of image.images) push(repository, part.descriptor.digest, part);
  };

  return {
    host: hostOf(server.address()),
    requests,
    push,
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

interface Contents {
  readonly contents: ReadonlyMap<string, { body: Buffer; type: string }>;
  readonly options: FakeRegistryOptions;
  readonly host: string;
}

const token = 'token-of-the-fake-registry';

function answer(request: IncomingMessage, response: ServerResponse, { contents, options, host }: Contents): void {
  const url = new URL(request.url ?? '/', `http://${host}`);
  if (url.pathname === '/token') {
    const allowed = options.anonymousTokens === true || request.headers.authorization === basic(options.login);
    send(response, allowed ? 200 : 401, JSON.stringify(allowed ? { token } : {}));
    return;
  }
  const { login } = options;
  const expected = login?.scheme === 'basic' ? basic(login) : `Bearer ${token}`;
  if (login !== undefined && request.headers.authorization !== expected) {
    const repository = url.pathname.replace(/^\/v2\/|\/(manifests|blobs)\/.*$/g, '');
    const bearer = `Bearer realm="http://${host}/token",service="fake",scope="repository:${repository}:pull"`;
    response.setHeader('www-authenticate', login.scheme === 'basic' ? 'Basic realm="fake"' : bearer);
    send(response, 401, errorBody('UNAUTHORIZED'));
    return;
  }
  const found = contents.get(url.pathname);
  if (url.pathname === '/v2/') send(response, 200, '{}');
  else if (found === undefined) send(response, 404, errorBody('MANIFEST_UNKNOWN'));
  else {
    response.setHeader('content-type', found.type);
    send(response, 200, request.method === 'HEAD' ? '' : found.body);
  }
}

function send(response: ServerResponse, status: number, body: string | Buffer): void {
  if (!response.hasHeader('content-type')) response.setHeader('content-type', 'application/json');
  response.writeHead(status).end(body);
}

function errorBody(code: string): string {
  return JSON.stringify({ errors: [{ code, message: 'text of a stranger' }] });
}

function basic(login: FakeRegistryOptions['login']): string | undefined {
  if (login === undefined) return undefined;
  return `Basic ${Buffer.from(`${login.username}:${login.password}`).toString('base64')}`;
}

function hostOf(address: AddressInfo | string | null): string {
  return `127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
}
