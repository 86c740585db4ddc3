import type { Login } from './credentials/credential.ts';
import type { CredentialOrigin } from './credentials/credential-origin.ts';
import type { Descriptor } from './manifest.ts';
import type { Platform } from './platform.ts';

/** Which image it is: the manifest of one platform. Two references with the same digest are the same image. */
export interface ResolvedImage {
  /** Digest of the platform's manifest. */
  readonly digest: string;
  readonly platform: Platform;
  /** Lowest first. */
  readonly layers: readonly Pick<Descriptor, 'digest' | 'size'>[];
  /** Sum of the layers as they are transferred. */
  readonly compressedBytes: number;
}

/** What a registry (or an image layout) says to a reference. All of it is expected to happen. */
export type Resolution =
  | {
      readonly outcome: 'resolved';
      readonly image: ResolvedImage;
      /** What the registry let us in with, fit for a program that pulls: an identity token has been exchanged. */
      readonly login?: Login;
      /** Where that login is from, if it is known. */
      readonly origin?: CredentialOrigin;
      /** How the registry was spoken to; absent for an image layout. */
      readonly switches?: { readonly plainHttp: boolean; readonly skipTlsVerify: boolean };
    }
  | { readonly outcome: 'unauthorized'; readonly registry: string; readonly detail: string }
  | { readonly outcome: 'manifestUnknown'; readonly detail: string }
  | { readonly outcome: 'platformNotSupported'; readonly wanted: string; readonly offered: readonly string[] }
  | { readonly outcome: 'schemaNotSupported'; readonly detail: string }
  | { readonly outcome: 'rateLimited'; readonly registry: string; readonly retryAfterMs: number | undefined }
  /** No connection, a broken one, a certificate that is not trusted, a server error. */
  | { readonly outcome: 'unreachable'; readonly registry: string; readonly detail: string }
  /** The registry answered something that is no registry's answer. */
  | { readonly outcome: 'invalidAnswer'; readonly registry: string; readonly detail: string }
  | { readonly outcome: 'cancelled' };

export type FailedResolution = Exclude<Resolution, { outcome: 'resolved' }>;
