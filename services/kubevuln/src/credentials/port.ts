import type { HostSwitches, RegistryCredential } from '@kso/registry';
import type { ImageScanJob } from '@kso/wire';

export interface CredentialRequest {
  readonly job: Pick<ImageScanJob, 'wlid' | 'registrySecret'>;
  /** `host[:port]` of the image, as in references. */
  readonly registry: string;
  readonly repository: string;
  readonly signal: AbortSignal;
}

export interface FoundCredentials {
  /** Only those that may be sent to the request's registry. */
  readonly credentials: readonly RegistryCredential[];
  /** How a configured registry wants to be spoken to. */
  readonly switches: HostSwitches;
  /** What could not be read, for people. It is said only when the registry then lets nobody in. */
  readonly gaps: readonly string[];
}

/** Logins for an image that do not come with the request. Never throws: without a login the image may still be public. */
export interface CredentialFinder {
  find(request: CredentialRequest): Promise<FoundCredentials>;
  /** What the pod's own identity gives at the registry's cloud. Asked only after the registry has refused the others. */
  findAtCloud(request: CredentialRequest): Promise<FoundCredentials>;
}

export const nothingFound: FoundCredentials = { credentials: [], switches: {}, gaps: [] };
