import { createHash } from 'node:crypto';
import { describeError, type HttpClient, parseRetryAfter } from '@kso/kit';
import { z } from 'zod';
import { type Challenge, parseChallenge } from './challenge.ts';
import type { Login } from './credentials/credential.ts';
import type { FailedResolution } from './resolution.ts';

/** One registry, one repository, one login (or none). */
export interface SessionOptions {
  readonly http: HttpClient;
  /** `host[:port]` as in references, for messages. */
  readonly registry: string;
  /** e.g. `https://registry-1.docker.io` */
  readonly baseUrl: string;
  readonly repository: string;
  readonly login?: Login | undefined;
  readonly signal: AbortSignal;
  /** Epoch milliseconds, for `Retry-After`. */
  readonly now: () => number;
}

export type Fetched = { readonly outcome: 'fetched'; readonly body: Buffer } | FailedResolution;

interface FetchOptions {
  readonly accept: string;
  readonly maxBytes: number;
  /** The content has to have this digest. */
  readonly digest?: string | undefined;
}

const TokenAnswer = z.object({ token: z.string().optional(), access_token: z.string().optional() });

const maxRedirects = 5;
const maxTokenBytes = 256 * 1024;

/**
 * Reads manifests and blobs by the OCI distribution protocol, with the token flow of docker's registries. Credentials go to the registry
 * and to the token server that it names, and never along a redirect to another origin.
 */
export class RegistrySession {
  readonly #options: SessionOptions;
  #authorization: string | undefined;

  constructor(options: SessionOptions) {
    this.#options = options;
    const { registryToken } = options.login ?? {};
    if (registryToken !== undefined) this.#authorization = `Bearer ${registryToken}`;
  }

  manifest(reference: string, options: FetchOptions): Promise<Fetched> {
    return this.#fetch(`/manifests/${reference}`, options);
  }

  blob(digest: string, maxBytes: number): Promise<Fetched> {
    return this.#fetch(`/blobs/${digest}`, { accept: '*/*', maxBytes, digest });
  }

  /** What lets a program in that cannot exchange an identity token by itself. */
  get usedLogin(): Login | undefined {
    const { login } = this.#options;
    if (login?.identityToken === undefined || this.#authorization?.startsWith('Bearer ') !== true) return login;
    return { registryToken: this.#authorization.slice('Bearer '.length) };
  }

  invalid(detail: string): FailedResolution {
    return { outcome: 'invalidAnswer', registry: this.#options.registry, detail };
  }

  async #fetch(path: string, options: FetchOptions): Promise<Fetched> {
    const { baseUrl, repository, registry, signal } = this.#options;
    const url = new URL(`${baseUrl}/v2/${repository}${path}`);
    try {
      let answer = await this.#get(url, options.accept);
      if (answer.statusCode === 401) {
        const authorized = await this.#authorize(parseChallenge(answer.headers['www-authenticate']));
        if (typeof authorized === 'object') return authorized;
        if (authorized) {
          await answer.body.dump();
          answer = await this.#get(url, options.accept);
        }
      }
      if (answer.statusCode !== 200) return await this.#refusal(answer);
      const body = await readBody(answer.body, options.maxBytes);
      if (body === undefined) {
        return { outcome: 'invalidAnswer', registry, detail: `more than ${options.maxBytes} bytes` };
      }
      if (options.digest !== undefined && !hasDigest(body, options.digest)) {
        return { outcome: 'invalidAnswer', registry, detail: `the content does not have the digest ${options.digest}` };
      }
      return { outcome: 'fetched', body };
    } catch (error) {
      if (signal.aborted) return { outcome: 'cancelled' };
      return { outcome: 'unreachable', registry, detail: describeError(error) };
    }
  }

  async #get(start: URL, accept: string): Promise<Answer> {
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
    const { login } = this.#options;
    if (challenge.scheme === 'basic') {
      this.#authorization = basic(login);
    } else if (challenge.scheme === 'bearer') {
      const token = await this.#token(challenge.parameters);
      if (typeof token === 'object') return token;
      this.#authorization = token === undefined ? undefined : `Bearer ${token}`;
    }
    return this.#authorization !== undefined;
  }

  async #token({ realm, service, scope }: Challenge['parameters']): Promise<string | FailedResolution | undefined> {
    const { http, repository, login, signal } = this.#options;
    const url = this.#tokenServer(realm);
    if (url === undefined) return undefined;
    const fields = { service: service ?? '', scope: scope ?? `repository:${repository}:pull` };
    const request =
      login?.identityToken === undefined
        ? tokenByGet(url, fields, basic(login))
        : tokenByRefresh(url, fields, login.identityToken);
    const answer = await http.request(request.url, { ...request.options, signal });
    // A token server that is busy or broken says nothing of the login.
    if (answer.statusCode === 429 || answer.statusCode >= 500) return this.#refusal(answer);
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

  async #refusal(answer: Answer): Promise<FailedResolution> {
    const { registry, repository, now } = this.#options;
    const { statusCode } = answer;
    const body = await readBody(answer.body, 64 * 1024);
    const detail = `${registry}/${repository}: HTTP ${statusCode}${errorCodes(body)}`;
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
}

type Answer = Awaited<ReturnType<HttpClient['request']>>;

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

function basic(login: Login | undefined): string | undefined {
  if (login?.username === undefined || login.password === undefined) return undefined;
  return `Basic ${Buffer.from(`${login.username}:${login.password}`).toString('base64')}`;
}

async function readBody(body: Answer['body'], maxBytes: number): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let total = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    total += chunk.length;
    // Leaving the loop ends the connection.
    if (total > maxBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function hasDigest(body: Buffer, digest: string): boolean {
  const [algorithm = '', hex] = digest.split(':');
  return createHash(algorithm).update(body).digest('hex') === hex;
}

const ErrorBody = z.object({ errors: z.array(z.object({ code: z.string().regex(/^[A-Z_]{1,64}$/) })).max(20) });

/** The registry's own codes; its texts are a stranger's and stay out of reports. */
function errorCodes(body: Buffer | undefined): string {
  const parsed = ErrorBody.safeParse(body === undefined ? undefined : parseJson(body));
  const codes = parsed.data?.errors.map(({ code }) => code) ?? [];
  return codes.length === 0 ? '' : ` ${codes.join(', ')}`;
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}
