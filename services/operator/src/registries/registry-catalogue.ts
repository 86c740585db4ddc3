/** Who runs a registry; `generic` is any that speaks the OCI distribution API. */
export const registryProviders = ['generic', 'harbor', 'quay', 'aws', 'google', 'azure', 'gitlab', 'nexus'] as const;
export type RegistryProvider = (typeof registryProviders)[number];

/** A registry, and how it lets us in. Holds secrets: it is never stored, logged or queued. */
export interface RegistryTarget {
  readonly provider: RegistryProvider;
  /** With a port if it is not the usual one. */
  readonly host: string;
  /** Only repositories below it; empty for all. */
  readonly project: string;
  readonly plainHttp: boolean;
  readonly skipTlsVerify: boolean;
  readonly login?: { readonly username: string; readonly password: string };
  readonly aws?: {
    readonly region?: string;
    readonly accessKeyId?: string;
    readonly secretAccessKey?: string;
    readonly roleArn?: string;
  };
  /** The pod's own identity at its cloud is to be used. */
  readonly isCloudIdentity?: boolean;
}

/** `refused`: the login does not let us in. */
export interface CatalogueFailure {
  readonly outcome: 'refused' | 'failed';
  readonly detail: string;
}

export type CatalogueAnswer<T> = { readonly outcome: 'found'; readonly value: T } | CatalogueFailure;

/** What registries have. Never throws for what a registry says or does. */
export interface RegistryCatalogue {
  checkLogin(target: RegistryTarget, signal: AbortSignal): Promise<CatalogueAnswer<undefined>>;
  /** Full names without the host, at most `limit`, in the registry's order. */
  repositories(target: RegistryTarget, limit: number, signal: AbortSignal): Promise<CatalogueAnswer<readonly string[]>>;
  /** Newest first where the registry tells when they were made, at most `limit`. */
  tags(
    target: RegistryTarget,
    repository: string,
    limit: number,
    signal: AbortSignal,
  ): Promise<CatalogueAnswer<readonly string[]>>;
}
