import type { HostSwitches } from '../client.ts';
import type { CloudIdentity } from '../cloud/cloud-logins.ts';
import type { Login } from '../credentials/credential.ts';
import type { RegistryProvider } from './provider.ts';

/** A registry to list, or one project in it. */
export interface RegistryTarget extends HostSwitches {
  /** `host[:port]`, `host/project`, or the same as a URL. */
  readonly registry: string;
  /** Default: by the host's name. */
  readonly provider?: RegistryProvider;
  /** Shown to this registry, its own token server and its provider's API only. */
  readonly login?: Login;
  /** For registries of clouds: exchanged for a login. */
  readonly cloud?: CloudIdentity;
}

/** What a registry holds. Failures are answers: a registry is a stranger. */
export interface RegistryCatalogue {
  /** Names with their project, page by page up to `limit` (default 500). */
  repositories(options?: ListOptions): Promise<CatalogueAnswer<RepositoryList>>;
  /**
   * The `depth` (default 1) tags of a repository that are wanted most: `latest`, then versions from the highest down, then the
   * others, last listed first. Tags that hold signatures and attestations are left out.
   */
  tags(repository: string, options?: TagOptions): Promise<CatalogueAnswer<TagList>>;
  /** What a scan of the registry has to scan: repositories, filter, tags. A repository that fails does not stop the others. */
  images(selection?: ImageSelection): Promise<CatalogueAnswer<ImageList>>;
  /** Test of the connection, stage by stage (operator-gateway.md 4.3.2). */
  check(options?: CheckOptions): Promise<CatalogueCheck>;
}

export interface ListOptions {
  readonly limit?: number;
  readonly signal?: AbortSignal;
}

export interface TagOptions {
  readonly depth?: number;
  readonly signal?: AbortSignal;
}

export interface RepositoryList {
  readonly repositories: readonly string[];
  /** There are more than were asked for. */
  readonly truncated: boolean;
}

export interface TagList {
  readonly tags: readonly string[];
  readonly truncated: boolean;
}

export interface ImageSelection {
  /** Exact repository names, with or without the project. */
  readonly include?: readonly string[];
  readonly exclude?: readonly string[];
  /** These instead of the catalogue's. */
  readonly repositories?: readonly string[];
  /** Tags per repository, default 1. */
  readonly depth?: number;
  /** Images in all, default 500. */
  readonly limit?: number;
  readonly signal?: AbortSignal;
}

export interface ListedImage {
  readonly repository: string;
  readonly tag: string;
  /** `host/repository:tag` */
  readonly reference: string;
}

export interface ImageList {
  readonly images: readonly ListedImage[];
  readonly truncated: boolean;
  readonly failures: readonly { readonly repository: string; readonly failure: CatalogueFailure }[];
}

export type CatalogueAnswer<T> = ({ readonly outcome: 'listed' } & T) | CatalogueFailure;

export type CatalogueFailure =
  | {
      readonly outcome: 'unauthorized' | 'unreachable' | 'notFound' | 'notSupported' | 'invalidAnswer';
      /** One line for people, nothing secret in it. */
      readonly detail: string;
    }
  | { readonly outcome: 'rateLimited'; readonly retryAfterMs: number | undefined; readonly detail: string }
  | { readonly outcome: 'cancelled' };

/** In this order; the words of job reports. */
export const catalogueStages = [
  'registryInformation',
  'registryAuthentication',
  'retrieveRepositories',
  'retrieveTags',
] as const;
export type CatalogueStage = (typeof catalogueStages)[number];

export interface CheckOptions extends Pick<ImageSelection, 'include' | 'exclude'> {
  readonly signal?: AbortSignal;
  /** Told of each stage that has passed. */
  readonly onStage?: (stage: CatalogueStage) => void | Promise<void>;
}

export type CatalogueCheck =
  | {
      readonly outcome: 'passed';
      readonly stages: readonly CatalogueStage[];
      readonly repositories: readonly string[];
    }
  | {
      readonly outcome: 'failed';
      readonly stage: CatalogueStage;
      readonly passed: readonly CatalogueStage[];
      readonly failure: CatalogueFailure;
    };

/** One line for people. */
export function describeCatalogueFailure(failure: CatalogueFailure): string {
  if (failure.outcome === 'cancelled') return 'cancelled';
  const words = {
    unauthorized: 'the registry did not let us in',
    unreachable: 'the registry cannot be reached',
    notFound: 'not found',
    notSupported: 'the registry cannot list this',
    invalidAnswer: 'the registry answered something else',
    rateLimited: 'the registry limits the rate of requests',
  };
  return `${words[failure.outcome]} (${failure.detail})`;
}
