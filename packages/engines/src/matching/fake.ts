import { writeFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import type { z } from 'zod';
import type { ProgramLookup } from '../programs/index.ts';
import type { GrypeDocument } from './grype-document.ts';
import type {
  DatabaseChange,
  DatabaseStatus,
  MatchingMode,
  MatchOutcome,
  MatchRequest,
  ReadyDatabase,
  VulnerabilityMatcher,
} from './port.ts';

/** A match as the fake is told it: only what a test cares about. */
export type FakeMatches = Pick<z.input<typeof GrypeDocument>, 'matches'>;

export interface FakeMatcherOptions {
  /** Finds in the text of an SBOM. */
  readonly answer: (sbom: string) => FakeMatches | Exclude<MatchOutcome, { outcome: 'matched' }>;
  readonly version?: string;
  readonly mode?: MatchingMode;
  readonly database?: DatabaseStatus;
}

export interface FakeVulnerabilityMatcher extends VulnerabilityMatcher {
  /** Number of SBOMs that were matched. */
  readonly matched: number;
  setStatus(lookup: ProgramLookup): void;
  setDatabase(status: DatabaseStatus): void;
  /** What the next `update` brings; none by default. */
  offerUpdate(database: ReadyDatabase): void;
}

/** A database of the fake; `digest` and `built` can be told apart by tests. */
export function fakeDatabase(changes: Partial<ReadyDatabase> = {}): ReadyDatabase {
  return {
    state: 'ready',
    schemaVersion: 'v6.1.10',
    built: Date.UTC(2026, 10, 1),
    digest: 'fake:1',
    from: 'manual import',
    sample: false,
    ...changes,
  };
}

/** A `VulnerabilityMatcher` in memory, for tests of what stands around it. */
export function createFakeMatcher(options: FakeMatcherOptions): FakeVulnerabilityMatcher {
  const version = options.version ?? 'v0.121.2';
  let lookup: ProgramLookup = { found: 'found', path: '/fake/grype', version };
  let database: DatabaseStatus = options.database ?? fakeDatabase();
  let offered: ReadyDatabase | undefined;
  let matched = 0;

  const replace = (next: ReadyDatabase | undefined): DatabaseChange => {
    if (lookup.found !== 'found') return { outcome: 'engineUnavailable', lookup };
    const before = database;
    if (next !== undefined) database = next;
    if (database.state !== 'ready') return { outcome: 'failed', detail: 'no database is offered' };
    const same = before.state === 'ready' && before.digest === database.digest;
    return { outcome: same ? 'unchanged' : 'changed', database };
  };

  const match = async (request: MatchRequest, signal?: AbortSignal): Promise<MatchOutcome> => {
    if (lookup.found !== 'found') return { outcome: 'engineUnavailable', lookup };
    if (database.state !== 'ready') return { outcome: 'databaseMissing', detail: 'database does not exist' };
    if (signal?.aborted === true) return { outcome: 'cancelled' };
    const used = database;
    const answered = options.answer(await text(request.sbom()));
    if ('outcome' in answered) return answered;
    matched += 1;
    const document = JSON.stringify(answered);
    if (document.length > request.maxResultBytes) {
      return { outcome: 'resultTooLarge', limitBytes: request.maxResultBytes };
    }
    await writeFile(request.target, document, { mode: 0o600 });
    return { outcome: 'matched', bytes: document.length, engineVersion: version, database: used };
  };

  return {
    mode: options.mode ?? 'adaptive',
    get matched() {
      return matched;
    },
    status: () => Promise.resolve(lookup),
    setStatus: (next) => {
      lookup = next;
    },
    setDatabase: (next) => {
      database = next;
    },
    offerUpdate: (next) => {
      offered = next;
    },
    database: {
      status: () => Promise.resolve(lookup.found === 'found' ? database : { state: 'engineUnavailable', lookup }),
      update: () => Promise.resolve(replace(offered)),
      import: (file) => Promise.resolve(replace(fakeDatabase({ digest: `file:${file}` }))),
    },
    match,
  };
}
