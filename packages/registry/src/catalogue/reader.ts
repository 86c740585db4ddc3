import { type Clock, type HttpClient, retry } from '@kso/kit';
import type { z } from 'zod';
import { type Answered, AuthorizedRequests } from '../authorized-requests.ts';
import type { Login } from '../credentials/credential.ts';
import type { FailedResolution } from '../resolution.ts';
import { parseJson } from '../response-body.ts';
import type { CatalogueFailure } from './port.ts';

export interface ReaderOptions {
  readonly http: HttpClient;
  readonly clock: Clock;
  /** As in references. */
  readonly host: string;
  /** `https://host` of the distribution API. */
  readonly baseUrl: string;
  readonly login: Login | undefined;
  readonly tokenServers: readonly string[] | undefined;
  readonly signal: AbortSignal;
  /** Epoch milliseconds after which nothing is tried again. */
  readonly until: number;
}

export interface PageRequest<T> {
  readonly url: URL;
  readonly scope?: string;
  /** For APIs beside the distribution protocol, see `AuthorizedRequestsOptions`. */
  readonly authorization?: string | undefined;
  readonly shape: z.ZodType<T>;
}

export type ReadPage<T> =
  | { readonly outcome: 'page'; readonly value: T; readonly next: URL | undefined }
  | CatalogueFailure;

const maxPageBytes = 8 * 1024 * 1024;

/** Reads pages of lists, waiting as a registry asks within the budget (B19). */
export class CatalogueReader {
  readonly options: ReaderOptions;

  constructor(options: ReaderOptions) {
    this.options = options;
  }

  async page<T>({ url, scope = '', authorization, shape }: PageRequest<T>): Promise<ReadPage<T>> {
    const { clock, signal, until } = this.options;
    const answer = await retry<Answered>(
      { attempts: 3, baseMs: 500, maxMs: 30_000, budgetMs: Math.max(0, until - clock.now()) },
      {
        clock,
        signal,
        decide: (result) =>
          result.outcome === 'rateLimited'
            ? { retry: true, retryAfterMs: result.retryAfterMs }
            : { retry: result.outcome === 'unreachable' },
      },
      () => this.#requests(scope, authorization).get(url, { accept: 'application/json', maxBytes: maxPageBytes }),
    );
    if (answer.outcome !== 'answered') return failureOf(answer);
    const parsed = shape.safeParse(parseJson(answer.body));
    if (!parsed.success) return { outcome: 'invalidAnswer', detail: `${url.host}${url.pathname} is no list` };
    return { outcome: 'page', value: parsed.data, next: nextOf(answer.headers['link'], url) };
  }

  #requests(scope: string, authorization: string | undefined): AuthorizedRequests {
    const { http, clock, host, baseUrl, login, tokenServers, signal } = this.options;
    return new AuthorizedRequests({
      http,
      registry: host,
      baseUrl,
      login: authorization === undefined ? login : undefined,
      authorization,
      tokenServers,
      scope,
      signal,
      now: () => clock.now(),
    });
  }
}

function failureOf(failure: FailedResolution): CatalogueFailure {
  switch (failure.outcome) {
    case 'cancelled':
      return failure;
    case 'rateLimited':
      return { ...failure, detail: failure.registry };
    case 'manifestUnknown':
      return { outcome: 'notFound', detail: failure.detail };
    case 'unauthorized':
    case 'unreachable':
    case 'invalidAnswer':
      return { outcome: failure.outcome, detail: failure.detail };
    default:
      // Only manifests end this way.
      return { outcome: 'invalidAnswer', detail: failure.outcome };
  }
}

/** `Link: <…>; rel="next"`, at the same origin: a list does not lead us elsewhere, with a login in hand. */
function nextOf(header: string | string[] | undefined, from: URL): URL | undefined {
  const text = Array.isArray(header) ? header.join(',') : (header ?? '');
  const [, target] = /<([^<>]{1,4096})>\s*;[^,]*\brel="?next"?/.exec(text) ?? [];
  const url = target === undefined ? null : URL.parse(target, from);
  return url?.origin === from.origin ? url : undefined;
}
