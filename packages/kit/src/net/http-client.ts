import { createRequire } from 'node:module';
import type { Agent, Dispatcher, ProxyAgent, request as undiciRequest } from 'undici';
import { type Outgoing, proxyFor } from './outgoing.ts';

export type { Dispatcher } from 'undici';

export interface HttpClientOptions {
  readonly outgoing: Outgoing;
  /** Until a connection stands, in ms. */
  readonly connectTimeoutMs?: number;
  /** Until the headers of an answer are there, in ms. */
  readonly headersTimeoutMs?: number;
  /** Between two pieces of a body, in ms. */
  readonly bodyTimeoutMs?: number;
  /** Replaces the usual roots, for servers with a CA of their own. */
  readonly ca?: string | readonly string[];
  /** Shown to servers that ask for one; PEM. */
  readonly clientCertificate?: { readonly cert: string; readonly key: string };
  /** Only where a user has asked for it. */
  readonly insecureSkipTlsVerify?: boolean;
}

/** Outgoing HTTP with the configured proxy and CA. Close it when the service stops. */
export interface HttpClient {
  /** For undici's own functions. */
  readonly dispatcher: Dispatcher;
  /** undici's `request` on this client. */
  readonly request: (url: string | URL, options?: HttpRequestOptions) => Promise<Dispatcher.ResponseData>;
  close(): Promise<void>;
}

export type HttpRequestOptions = Omit<Dispatcher.RequestOptions, 'origin' | 'path' | 'method'> & {
  readonly method?: Dispatcher.HttpMethod;
};

interface Undici {
  readonly Agent: typeof Agent;
  readonly ProxyAgent: typeof ProxyAgent;
  readonly Dispatcher: new () => Dispatcher;
  readonly request: typeof undiciRequest;
}

const require = createRequire(import.meta.url);

/** Chooses proxy or direct connection by the host of each request. The time limits have defaults, since a client without them hangs for ever. */
export function createHttpClient(options: HttpClientOptions): HttpClient {
  // Loaded here: 30 MB that a process without outgoing calls need not pay.
  const undici = require('undici') as Undici;
  const dispatcher = createDispatcher(undici, options);
  return {
    dispatcher,
    request: (url, requestOptions) => undici.request(url, { ...requestOptions, dispatcher }),
    close: () => dispatcher.close(),
  };
}

function createDispatcher(undici: Undici, options: HttpClientOptions): Dispatcher {
  const ca = options.ca ?? options.outgoing.ca;
  const tls = {
    ...(ca === undefined ? {} : { ca: typeof ca === 'string' ? ca : [...ca] }),
    ...options.clientCertificate,
    ...(options.insecureSkipTlsVerify === true ? { rejectUnauthorized: false } : {}),
  };
  const limits = {
    headersTimeout: options.headersTimeoutMs ?? 30_000,
    bodyTimeout: options.bodyTimeoutMs ?? 60_000,
    connect: { timeout: options.connectTimeoutMs ?? 10_000, ...tls },
  };
  const direct = new undici.Agent(limits);
  const proxies = new Map<string, Dispatcher>();

  const proxied = (uri: string): Dispatcher => {
    const known = proxies.get(uri);
    if (known !== undefined) return known;
    const made = new undici.ProxyAgent({ ...limits, uri, requestTls: tls, proxyTls: tls });
    proxies.set(uri, made);
    return made;
  };
  const all = (): Dispatcher[] => [direct, ...proxies.values()];

  /** undici asks a dispatcher for nothing but these. */
  class RoutingDispatcher extends undici.Dispatcher {
    override dispatch(request: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
      const proxy = proxyFor(new URL(String(request.origin)), options.outgoing);
      return (proxy === undefined ? direct : proxied(proxy.reveal())).dispatch(request, handler);
    }

    override async close(): Promise<void> {
      await Promise.all(all().map((one) => one.close()));
    }

    override async destroy(): Promise<void> {
      await Promise.all(all().map((one) => one.destroy()));
    }
  }
  return new RoutingDispatcher();
}
