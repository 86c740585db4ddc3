import type { Readable } from 'node:stream';
import type { ProgramLookup } from '../programs/index.ts';

/** How CPE matching is used (kubevuln.md 6.2). */
export type MatchingMode = 'on' | 'off' | 'adaptive';

export interface MatchRequest {
  /** Opens the SBOM in Syft's JSON format; called again when the database changed under a run. */
  readonly sbom: () => Readable;
  /** File that gets Grype's JSON document; the caller's to keep or delete. */
  readonly target: string;
  /** os-release `ID` of the image, for mode `adaptive`. */
  readonly distribution?: string | undefined;
  readonly timeoutMs: number;
  readonly maxResultBytes: number;
}

/** The vulnerability database as it is on disk. */
export type DatabaseStatus =
  | {
      readonly state: 'ready';
      /** e.g. `v6.1.10` */
      readonly schemaVersion: string;
      /** When its data was put together, epoch milliseconds. */
      readonly built: number;
      /** Differs for any two databases and changes with each import; part of every cache key. */
      readonly digest: string;
      /** Where it came from, as Grype says: a URL or `manual import`. */
      readonly from: string;
      /** True for the sample database: results must say so. */
      readonly sample: boolean;
    }
  | { readonly state: 'missing'; readonly detail: string }
  | { readonly state: 'invalid'; readonly detail: string }
  | { readonly state: 'engineUnavailable'; readonly lookup: Exclude<ProgramLookup, { found: 'found' }> };

export type ReadyDatabase = Extract<DatabaseStatus, { state: 'ready' }>;

export type MatchOutcome =
  | {
      readonly outcome: 'matched';
      readonly bytes: number;
      /** e.g. `v0.121.2` */
      readonly engineVersion: string;
      readonly database: ReadyDatabase;
    }
  | { readonly outcome: 'engineUnavailable'; readonly lookup: Exclude<ProgramLookup, { found: 'found' }> }
  | { readonly outcome: 'databaseMissing'; readonly detail: string }
  | { readonly outcome: 'resultTooLarge'; readonly limitBytes: number }
  | { readonly outcome: 'timedOut'; readonly timeoutMs: number }
  | { readonly outcome: 'outOfMemory'; readonly limitBytes: number | undefined }
  | { readonly outcome: 'cancelled' }
  | { readonly outcome: 'failed'; readonly detail: string };

export type DatabaseChange =
  | { readonly outcome: 'changed' | 'unchanged'; readonly database: ReadyDatabase }
  | { readonly outcome: 'engineUnavailable'; readonly lookup: Exclude<ProgramLookup, { found: 'found' }> }
  | { readonly outcome: 'timedOut'; readonly timeoutMs: number }
  | { readonly outcome: 'cancelled' }
  /** The database from before is still in place. */
  | { readonly outcome: 'failed'; readonly detail: string };

/** The vulnerability database of a matcher. A change never takes away a working one before the next is complete. */
export interface VulnerabilityDatabase {
  status(): Promise<DatabaseStatus>;
  /** Fetches a newer one from the configured address, if there is one. */
  update(signal?: AbortSignal): Promise<DatabaseChange>;
  /** Takes a `.db` file or a database archive. */
  import(file: string, signal?: AbortSignal): Promise<DatabaseChange>;
}

/** Finds the known vulnerabilities of the packages in an SBOM. */
export interface VulnerabilityMatcher {
  readonly mode: MatchingMode;
  readonly database: VulnerabilityDatabase;
  /** Whether the engine can be used now; says nothing of the database. */
  status(): Promise<ProgramLookup>;
  /** @throws only when the target cannot be written. */
  match(request: MatchRequest, signal?: AbortSignal): Promise<MatchOutcome>;
}
