import type { Readable } from 'node:stream';
import { Agent, type buildConnector, type Dispatcher, ProxyAgent } from 'undici';
import { fail } from '../errors.ts';
import type { ClusterConnection, TlsMaterial } from './connection.ts';

export interface ApiRequest {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** With its query, percent-encoded. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal?: AbortSignal | undefined;
  /** Time between two pieces of the body; 0 for a watch, which has its own liveness timer. */
  readonly idleTimeoutMs?: number;
}

export interface ApiResponse {
  readonly status: number;
  header(name: string): string | undefined;
  /** Has to be read to its end or destroyed, or the socket stays taken. */
  readonly body: Readable;
}

/** HTTP to one API server: credentials and TLS of the connection, one repetition after a 401. */
export interface Transport {
  readonly server: string;
  /** Resolves with the head of the answer. @throws KUBE_UNREACHABLE; the signal's reason when it aborts. */
  send(request: ApiRequest): Promise<ApiResponse>;
  /** Ends all requests. */
  close(): Promise<void>;
}

const connectTimeoutMs = 10_000;
const headersTimeoutMs = 60_000;
const idleTimeoutMs = 60_000;

export interface TransportOptions {
  /** Sent as `User-Agent`, e.g. `kso-kollector/0.1.0`. */
  readonly userAgent: string;
}

export function createTransport(connection: ClusterConnection, options: TransportOptions): Transport {
  // A server behind a path prefix (Rancher and the like) is reached below it.
  const prefix = connection.server.pathname.replace(/\/+$/, '');
  // Without user and password, should the URL carry them: this goes into messages.
  const server = connection.server.origin + prefix;
  let current: { readonly material: TlsMaterial; readonly dispatcher: Dispatcher } | undefined;

  const dispatcherFor = (material: TlsMaterial): Dispatcher => {
    if (current?.material === material) return current.dispatcher;
    // Rotated certificates: new requests use them at once, watches under way end by themselves.
    current?.dispatcher.close().catch(() => {});
    current = { material, dispatcher: createDispatcher(material, connection.proxyUrl) };
    return current.dispatcher;
  };

  const once = async (request: ApiRequest): Promise<ApiResponse> => {
    const credentials = await connection.headers();
    const dispatcher = dispatcherFor(await connection.tls());
    try {
      const answer = await dispatcher.request({
        origin: connection.server.origin,
        path: prefix + request.path,
        method: request.method ?? 'GET',
        headers: { accept: 'application/json', 'user-agent': options.userAgent, ...request.headers, ...credentials },
        ...(request.body === undefined ? {} : { body: request.body }),
        ...(request.signal === undefined ? {} : { signal: request.signal }),
        headersTimeout: headersTimeoutMs,
        bodyTimeout: request.idleTimeoutMs ?? idleTimeoutMs,
      });
      return { status: answer.statusCode, header: (name) => firstOf(answer.headers[name]), body: answer.body };
    } catch (error) {
      request.signal?.throwIfAborted();
      throw fail('KUBE_UNREACHABLE', { server }, error);
    }
  };

  return {
    server,
    send: async (request) => {
      const answer = await once(request);
      if (answer.status !== 401) return answer;
      connection.refused();
      discard(answer);
      return once(request);
    },
    close: async () => {
      await current?.dispatcher.destroy();
      current = undefined;
    },
  };
}

/** Gives up the rest of an answer, and with it its socket. */
export function discard(answer: ApiResponse): void {
  answer.body.on('error', () => {}).destroy();
}

/**
 * HTTP/1.1 on purpose: each watch has a connection of its own, so a black-holed one is given up by itself when its liveness timer
 * fires, instead of taking all streams of a shared HTTP/2 session with it (docs/adr/0005-kubernetes-client.md).
 */
function createDispatcher(material: TlsMaterial, proxyUrl: URL | undefined): Dispatcher {
  const tls = tlsOptions(material);
  return proxyUrl === undefined
    ? new Agent({ allowH2: false, connect: tls })
    : new ProxyAgent({ uri: proxyUrl.href, allowH2: false, requestTls: tls });
}

function tlsOptions({ ca, cert, key, servername, insecure }: TlsMaterial): buildConnector.BuildOptions {
  return {
    timeout: connectTimeoutMs,
    allowH2: false,
    rejectUnauthorized: insecure !== true,
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(servername === undefined ? {} : { servername }),
  };
}

function firstOf(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}
