import { describeError, type HttpClient, parseRetryAfter } from '@kso/kit';
import { z } from 'zod';
import { type Challenge, parseChallenge } from './challenge.ts';
import type { Login } from './credentials/credential.ts';
import type { FailedResolution } from './resolution.ts';
import { type Answer, parseJson, readBody } from './response-body.ts';
import { isOwnTokenServer } from './token-server.ts';

/** One registry and one login (or none). */
export interface AuthorizedRequestsOptions {
  readonly http: HttpClient;
  /** `host[:port]` as in references, for messages. */
  readonly registry: string;
  /** e.g. `https://registry-1.docker.io` */
  readonly baseUrl: string;
  readonly login?: Login | undefined;
  /** Sent from the first request on, where no challenge comes: APIs beside the distribution protocol. */
  readonly authorization?: string | undefined;
  /** What is asked for where a challenge does not say: `repository:team/app:pull`. */
  readonly scope: string;
  /** Hosts of token servers that may see a login of this registry beside its own. */
  readonly tokenServers?: readonly string[] | undefined;
  readonly signal: AbortSignal;
  /** Epoch milliseconds, for `Retry-After`. */
  readonly now: () => number;
}

export type Answered =
  | { readonly outcome: 'answered'; readonly body: Buffer; readonly headers: Answer['headers'] }
  | FailedResolution;

const TokenAnswer = z.object({ token: z.string().optional(), access_token: z.string().optional() });

const maxRedirects = 5;
const maxTokenBytes = 256 * 1024;

/**
 * GET requests of the OCI distribution protocol, with the token flow of docker's registries. A login goes to the registry and to its own
 * token server, and never along a redirect to another origin (B29).
 */
export class AuthorizedRequests {
  readonly #options: AuthorizedRequestsOptions;
  #authorization: string | undefined;
  #foreignTokenServer: string | undefined;

  constructor(options: AuthorizedRequestsOptions) {
    this.#options = options;
    const { registryToken } = options.login ?? {};
    this.#authorization =
      options.authorization ?? (registryToken === undefined ? undefined : `Bearer ${registryToken}`);
  }

  /** What lets a program in that cannot exchange an identity token by itself. */
  get usedLogin(): Login | undefined {
    const { login } = this.#options;
    if (login?.identityToken === undefined || this.#authorization?.startsWith('Bearer ') !== true) return login;
    return { registryToken: this.#authorization.slice('Bearer '.length) };
  }

  async get(url: URL, { accept, maxBytes }: { accept: string; maxBytes: number }): Promise<Answered> {
    const { registry, signal } = this.#options;
    try {
      let answer = await this.#follow(url, accept);
      if (answer.statusCode === 401) {
        const authorized = await this.#authorize(parseChallenge(answer.headers['www-authenticate']));
        if (typeof authorized === 'object') return authorized;
        if (authorized) {
          await answer.body.dump();
          answer = await this.#follow(url, accept);
        }
      }
      if (answer.statusCode !== 200) return await this.#refusal(answer, url);
      const body = await readBody(answer.body, maxBytes);
      return body === undefined
        ? { outcome: 'invalidAnswer', registry, detail: `more than ${maxBytes} bytes` }
        : { outcome: 'answered', body, headers: answer.headers };
    } catch (error) {
      if (signal.aborted) return { outcome: 'cancelled' };
      return { outcome: 'unreachable', registry, detail: describeError(error) };
    }
  }

  async #follow(start: URL, accept: string): Promise<Answer> {
    const { http, signal } = this.#options;
    let url = start;
    for (let redirects = 0; ; redirects += 1) {
      const authorization = url.origin === start.origin ? this.#authorization : undefined;
      const headers = { accept, ...(authorization === undefined ? {} : { authorization }) };
      const answer = await http.request(url, { method: 'GET', headers, signal });
      const location = answer.headers['location'];
      if (answer.statusCode < 300 || answer.statusCode > 399 || typeof location !== 'string') return answer;
      await answer.body.dump();
      url = new URL(location, url);
      if (redirects >= maxRedirects) throw new Error('too many redirects');
      if (start.protocol === 'https:' && url.protocol !== 'https:') throw new Error('redirected from https to http');
    }
  }

  /** True when there is something new to try with; a failure when nobody can tell at present. */
  async #authorize(challenge: Challenge | undefined): Promise<boolean | FailedResolution> {
    if (challenge === undefined || this.#authorization !== undefined) return false;
    if (challenge.scheme === 'basic') {
      this.#authorization = basic(this.#options.login);
    } else if (challenge.scheme === 'bearer') {
      const token = await this.#token(challenge.parameters);
      if (typeof token === 'object') return token;
      this.#authorization = token === undefined ? undefined : `Bearer ${token}`;
    }
    return this.#authorization !== undefined;
  }

  async #token({ realm, service, scope }: Challenge['parameters']): Promise<string | FailedResolution | undefined> {
    const { http, signal } = this.#options;
    const url = this.#tokenServer(realm);
    if (url === undefined) return undefined;
    const login = this.#loginFor(url);
    const fields = { service: service ?? '', scope: scope ?? this.#options.scope };
    const request =
      login?.identityToken === undefined
        ? tokenByGet(url, fields, basic(login))
        : tokenByRefresh(url, fields, login.identityToken);
    const answer = await http.request(request.url, { ...request.options, signal });
    // A token server that is busy or broken says nothing of the login.
    if (answer.statusCode === 429 || answer.statusCode >= 500) return this.#refusal(answer, url);
    const body = await readBody(answer.body, maxTokenBytes);
    if (answer.statusCode !== 200 || body === undefined) return undefined;
    const parsed = TokenAnswer.safeParse(parseJson(body));
    return parsed.data?.token ?? parsed.data?.access_token;
  }

  /** A registry that is reached over TLS must not make us show a password in the clear. */
  #tokenServer(realm = ''): URL | undefined {
    const url = URL.parse(realm);
    const allowed = this.#options.baseUrl.startsWith('https:') ? ['https:'] : ['http:', 'https:'];
    return url !== null && allowed.includes(url.protocol) ? url : undefined;
  }

  /** Somebody else's token server is asked as anybody would. */
  #loginFor(realm: URL): Login | undefined {
    const { baseUrl, login, tokenServers } = this.#options;
    if (login === undefined || isOwnTokenServer(new URL(baseUrl).host, realm, tokenServers)) return login;
    this.#foreignTokenServer = realm.host;
    return undefined;
  }

  async #refusal(answer: Answer, url: URL): Promise<FailedResolution> {
    const { registry, now } = this.#options;
    const { statusCode } = answer;
    const body = await readBody(answer.body, 64 * 1024);
    const subject = url.pathname.replace(/^\/v2\/(.*)\/(manifests|blobs|tags)\/.*$/, '$1');
    const detail = `${registry}/${subject}: HTTP ${statusCode}${errorCodes(body)}${this.#withheld()}`;
    switch (statusCode) {
      case 401:
      case 403:
        return { outcome: 'unauthorized', registry, detail };
      case 404:
        return { outcome: 'manifestUnknown', detail };
      case 429: {
        const header = answer.headers['retry-after'];
        const retryAfterMs = parseRetryAfter(typeof header === 'string' ? header : undefined, now());
        return { outcome: 'rateLimited', registry, retryAfterMs };
      }
      default:
        return { outcome: statusCode >= 500 ? 'unreachable' : 'invalidAnswer', registry, detail };
    }
  }

  #withheld(): string {
    return this.#foreignTokenServer === undefined
      ? ''
      : `; the login was not shown to its token server ${this.#foreignTokenServer}, which is not the registry's own`;
  }
}

function tokenByGet(realm: URL, fields: Readonly<Record<string, string>>, authorization: string | undefined) {
  const url = new URL(realm);
  for (const [name, value] of Object.entries(fields)) if (value !== '') url.searchParams.set(name, value);
  const headers = authorization === undefined ? {} : { authorization };
  return { url, options: { method: 'GET' as const, headers } };
}

/** OAuth2, as docker's token servers and Azure's take an identity token. */
function tokenByRefresh(url: URL, fields: Readonly<Record<string, string>>, refreshToken: string) {
  const form = new URLSearchParams({
    grant_type: 'refresh_token',
    refresh_token: refreshToken,
    client_id: 'kso',
    ...fields,
  });
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  return { url, options: { method: 'POST' as const, headers, body: form.toString() } };
}

export function basic(login: Login | undefined): string | undefined {
  if (login?.username === undefined || login.password === undefined) return undefined;
  return `Basic ${Buffer.from(`${login.username}:${login.password}`).toString('base64')}`;
}

const ErrorBody = z.object({ errors: z.array(z.object({ code: z.string().regex(/^[A-Z_]{1,64}$/) })).max(20) });

/** The registry's own codes; its texts are a stranger's and stay out of reports. */
function errorCodes(body: Buffer | undefined): string {
  const parsed = ErrorBody.safeParse(body === undefined ? undefined : parseJson(body));
  const codes = parsed.data?.errors.map(({ code }) => code) ?? [];
  return codes.length === 0 ? '' : ` ${codes.join(', ')}`;
}
