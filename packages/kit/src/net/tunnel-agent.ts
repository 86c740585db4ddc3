import { Agent, type ClientRequestArgs, request } from 'node:http';
import {
  Agent as SecureAgent,
  type RequestOptions as SecureRequestOptions,
  request as secureRequest,
} from 'node:https';
import { isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect } from 'node:tls';
import { fail } from '../error-table.ts';
import { type Outgoing, proxyFor } from './outgoing.ts';

/**
 * The `agent` with which a websocket client reaches `url`: through the proxy's CONNECT (also for `ws:`, since proxies do not forward
 * upgrades), or directly with the extra CA. Undefined when Node's own way is right.
 */
export function webSocketAgent(url: URL, outgoing: Outgoing): Agent | undefined {
  const secure = url.protocol === 'wss:' || url.protocol === 'https:';
  const proxy = proxyFor(url, outgoing);
  if (proxy !== undefined) return new TunnelAgent(new URL(proxy.reveal()), secure, outgoing.ca);
  return secure && outgoing.ca !== undefined ? new SecureAgent({ ca: [...outgoing.ca] }) : undefined;
}

const connectTimeoutMs = 10_000;

type SocketCallback = (error: Error | null, socket: Duplex) => void;

class TunnelAgent extends Agent {
  readonly #proxy: URL;
  readonly #secure: boolean;
  readonly #ca: readonly string[] | undefined;

  constructor(proxy: URL, secure: boolean, ca: readonly string[] | undefined) {
    super({ keepAlive: false });
    // What Node's client compares with the URL and takes the port from; its types do not know these fields.
    Object.assign(this, { protocol: secure ? 'https:' : 'http:', defaultPort: secure ? 443 : 80 });
    this.#proxy = proxy;
    this.#secure = secure;
    this.#ca = ca;
  }

  override createConnection(options: ClientRequestArgs, callback?: SocketCallback): undefined {
    const host = options.host ?? options.hostname ?? '';
    const port = Number(options.port ?? (this.#secure ? 443 : 80));
    this.#tunnel(host, port, (error, socket) => {
      callback?.(error, error === null && this.#secure ? this.#encrypt(socket, host) : socket);
    });
  }

  #encrypt(socket: Duplex, host: string): Duplex {
    const ca = this.#ca === undefined ? {} : { ca: [...this.#ca] };
    // An address is no server name (RFC 6066): Node throws for one, and checks the certificate by `host` then.
    const name = isIP(host) === 0 ? { servername: host } : {};
    return connect({ socket, host, ...name, ALPNProtocols: ['http/1.1'], ...ca });
  }

  #tunnel(host: string, port: number, done: SocketCallback): void {
    const target = `${host.includes(':') ? `[${host}]` : host}:${port}`;
    const proxy = this.#proxy;
    let ended = false;
    const failed = (problem: string, cause?: unknown): void => {
      if (ended) return;
      ended = true;
      // Node's type wants a socket in either case; with an error nobody looks at it.
      done(fail('PROXY_FAILED', { proxy: proxy.host, host: target, problem }, cause), undefined as unknown as Duplex);
    };
    const tunnel = (proxy.protocol === 'https:' ? secureRequest : request)(this.#connectRequest(target));
    tunnel.once('connect', (response, socket) => {
      if (response.statusCode === 200 && !ended) {
        ended = true;
        return done(null, socket);
      }
      socket.destroy();
      return failed(`it answered ${response.statusCode}`);
    });
    tunnel.once('response', (response) => {
      response.resume();
      failed(`it answered ${response.statusCode}`);
    });
    tunnel.once('timeout', () => tunnel.destroy(new Error('time-out')));
    tunnel.once('error', (error) => failed('no connection', error));
    tunnel.end();
  }

  #connectRequest(target: string): SecureRequestOptions {
    const proxy = this.#proxy;
    return {
      host: proxy.hostname.replace(/^\[(.*)\]$/, '$1'),
      port: proxy.port === '' ? (proxy.protocol === 'https:' ? 443 : 80) : Number(proxy.port),
      method: 'CONNECT',
      path: target,
      headers: { host: target, ...authorization(proxy) },
      timeout: connectTimeoutMs,
      agent: false,
      ...(this.#ca === undefined ? {} : { ca: [...this.#ca] }),
    };
  }
}

function authorization(proxy: URL): Record<string, string> {
  if (proxy.username === '' && proxy.password === '') return {};
  const credentials = `${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`;
  return { 'proxy-authorization': `Basic ${Buffer.from(credentials).toString('base64')}` };
}
