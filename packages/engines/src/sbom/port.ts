import type { ProgramLookup } from '../programs/index.ts';

/** A login for one registry. Sent to `authority` (`host[:port]`) only. */
export interface EngineCredential {
  readonly authority: string;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  readonly token?: string | undefined;
}

export type SbomSource =
  | {
      readonly type: 'registry';
      /** `registry/repository@sha256:…` of one platform's manifest: which image it is has been settled before. */
      readonly reference: string;
      readonly credentials: readonly EngineCredential[];
      readonly plainHttp: boolean;
      readonly skipTlsVerify: boolean;
    }
  /** An OCI image layout that holds exactly one image. */
  | { readonly type: 'ociLayout'; readonly directory: string }
  /** What `docker save` writes. */
  | { readonly type: 'dockerArchive'; readonly file: string }
  /** Files as they lie there, e.g. an unpacked root. */
  | { readonly type: 'directory'; readonly directory: string }
  /** An SBOM that somebody made: Syft's JSON, CycloneDX or SPDX. */
  | { readonly type: 'sbom'; readonly file: string };

/** Whose scan an SBOM is for: for logs, and for the order in which work that is handed on is done. */
export interface ScanOrigin {
  readonly jobId: string;
  readonly parentId?: string | undefined;
  readonly priority: 'onDemand' | 'newImage' | 'recurring';
}

export interface SbomRequest {
  readonly source: SbomSource;
  /** Absent where no job asks. */
  readonly origin?: ScanOrigin | undefined;
  /** File that gets the SBOM in Syft's JSON format; the caller's to keep or delete. */
  readonly target: string;
  /** For pull and cataloguing together. */
  readonly timeoutMs: number;
  /** Bytes of unpacked layers that the scan may put on disk. */
  readonly maxImageBytes: number;
  readonly maxSbomBytes: number;
}

/** What became of the attempt. Everything but `created` is an expected outcome that a result must name. */
export type SbomOutcome =
  | { readonly outcome: 'created'; readonly bytes: number; readonly engineVersion: string }
  | { readonly outcome: 'engineUnavailable'; readonly lookup: Exclude<ProgramLookup, { found: 'found' }> }
  | { readonly outcome: 'imageTooLarge' | 'sbomTooLarge'; readonly limitBytes: number }
  | { readonly outcome: 'timedOut'; readonly phase: 'pulling' | 'cataloguing'; readonly timeoutMs: number }
  | { readonly outcome: 'outOfMemory'; readonly limitBytes: number | undefined }
  | { readonly outcome: 'cancelled' }
  | {
      readonly outcome:
        | 'unauthorized'
        | 'manifestUnknown'
        | 'platformNotSupported'
        | 'schemaNotSupported'
        | 'rateLimited'
        | 'failed';
      /** Redacted text for people. */
      readonly detail: string;
    };

/** Makes the SBOM of an image. */
export interface SbomEngine {
  /** Whether the engine can be used now; cheap to call again. */
  status(): Promise<ProgramLookup>;
  /** @throws only when the target cannot be written. */
  create(request: SbomRequest, signal?: AbortSignal): Promise<SbomOutcome>;
}
