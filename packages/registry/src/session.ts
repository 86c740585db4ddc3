import { createHash } from 'node:crypto';
import { AuthorizedRequests, type AuthorizedRequestsOptions } from './authorized-requests.ts';
import type { Login } from './credentials/credential.ts';
import type { FailedResolution } from './resolution.ts';

/** One registry, one repository, one login (or none). */
export interface SessionOptions extends Omit<AuthorizedRequestsOptions, 'scope'> {
  readonly repository: string;
}

export type Fetched = { readonly outcome: 'fetched'; readonly body: Buffer } | FailedResolution;

interface FetchOptions {
  readonly accept: string;
  readonly maxBytes: number;
  /** The content has to have this digest. */
  readonly digest?: string | undefined;
}

/** Reads manifests and blobs of a repository by the OCI distribution protocol. */
export class RegistrySession {
  readonly #options: SessionOptions;
  readonly #requests: AuthorizedRequests;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#requests = new AuthorizedRequests({ ...options, scope: `repository:${options.repository}:pull` });
  }

  manifest(reference: string, options: FetchOptions): Promise<Fetched> {
    return this.#fetch(`/manifests/${reference}`, options);
  }

  blob(digest: string, maxBytes: number): Promise<Fetched> {
    return this.#fetch(`/blobs/${digest}`, { accept: '*/*', maxBytes, digest });
  }

  /** What lets a program in that cannot exchange an identity token by itself. */
  get usedLogin(): Login | undefined {
    return this.#requests.usedLogin;
  }

  invalid(detail: string): FailedResolution {
    return { outcome: 'invalidAnswer', registry: this.#options.registry, detail };
  }

  async #fetch(path: string, options: FetchOptions): Promise<Fetched> {
    const { baseUrl, repository } = this.#options;
    const answered = await this.#requests.get(new URL(`${baseUrl}/v2/${repository}${path}`), options);
    if (answered.outcome !== 'answered') return answered;
    const { body } = answered;
    if (options.digest === undefined || hasDigest(body, options.digest)) return { outcome: 'fetched', body };
    return this.invalid(`the content does not have the digest ${options.digest}`);
  }
}

function hasDigest(body: Buffer, digest: string): boolean {
  const [algorithm = '', hex] = digest.split(':');
  return createHash(algorithm).update(body).digest('hex') === hex;
}
