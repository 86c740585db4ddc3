import { createWriteStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { withScratchDirectory } from '../programs/index.ts';
import { lastErrorLines } from '../sbom/syft.ts';
import { createGrypeDatabase } from './grype-database.ts';
import { findGrype, type GrypeOptions, runGrype } from './grype-process.ts';
import { defaultTrustedVendors, modeVariables } from './matching-mode.ts';
import type {
  DatabaseStatus,
  MatchingMode,
  MatchOutcome,
  MatchRequest,
  ReadyDatabase,
  VulnerabilityMatcher,
} from './port.ts';

export interface GrypeMatcherOptions extends GrypeOptions {
  readonly mode?: MatchingMode;
  /** Distributions (os-release `ID`) for which `adaptive` means `off`. */
  readonly trustedVendors?: readonly string[];
}

/** Runs Grype as a child process on SBOMs; the database is read-only to it and changed by `database` alone. */
export function createGrype(options: GrypeMatcherOptions): VulnerabilityMatcher {
  const mode = options.mode ?? 'adaptive';
  const database = createGrypeDatabase(options);
  return {
    mode,
    database,
    status: () => findGrype(options),
    match: async (request, signal) => {
      const lookup = await findGrype(options);
      if (lookup.found !== 'found') return { outcome: 'engineUnavailable', lookup };
      const before = await database.status();
      if (before.state !== 'ready') return withoutDatabase(before);
      const engine = { path: lookup.path, version: lookup.version, mode };
      const outcome = await match(options, engine, { request, database: before }, signal);
      if (outcome.outcome !== 'matched') return outcome;
      // A result must not carry the name of a database that was exchanged while it was made.
      const after = await database.status();
      if (after.state !== 'ready') return withoutDatabase(after);
      if (after.digest === before.digest) return outcome;
      return match(options, engine, { request, database: after }, signal);
    },
  };
}

interface Engine {
  readonly path: string;
  readonly version: string;
  readonly mode: MatchingMode;
}

async function match(
  options: GrypeMatcherOptions,
  engine: Engine,
  { request, database }: { request: MatchRequest; database: ReadyDatabase },
  signal: AbortSignal | undefined,
): Promise<MatchOutcome> {
  const end = await withScratchDirectory(options.scratchRoot, async (directory) => {
    // A file and not standard input: Grype takes only a real pipe there, and Node's are sockets.
    const sbom = join(directory, 'sbom.json');
    await pipeline(request.sbom(), createWriteStream(sbom, { mode: 0o600 }));
    return runGrype(options, {
      path: engine.path,
      args: [`sbom:${sbom}`, '-o', 'json', '--by-cve'],
      directory,
      variables: modeVariables(engine.mode, request.distribution, options.trustedVendors ?? defaultTrustedVendors),
      stdout: { file: request.target, maxBytes: request.maxResultBytes },
      timeoutMs: request.timeoutMs,
      signal,
    });
  });
  switch (end.ended) {
    case 'exited': {
      if (end.code === 0) {
        const { size } = await stat(request.target);
        return { outcome: 'matched', bytes: size, engineVersion: engine.version, database };
      }
      return { outcome: 'failed', detail: lastErrorLines(end.stderr) || `Grype ended with status ${end.code}` };
    }
    case 'timedOut':
      return { outcome: 'timedOut', timeoutMs: request.timeoutMs };
    case 'cancelled':
      return { outcome: 'cancelled' };
    case 'outputTooLarge':
      return { outcome: 'resultTooLarge', limitBytes: request.maxResultBytes };
    case 'outOfMemory':
      return { outcome: 'outOfMemory', limitBytes: options.memoryBytes };
    case 'signalled':
      return { outcome: 'failed', detail: `Grype was ended by ${end.signal}` };
    default:
      return { outcome: 'failed', detail: `Grype could not be run: ${end.stderr}` };
  }
}

function withoutDatabase(status: Exclude<DatabaseStatus, { state: 'ready' }>): MatchOutcome {
  if (status.state === 'engineUnavailable') return { outcome: 'engineUnavailable', lookup: status.lookup };
  return { outcome: 'databaseMissing', detail: status.detail };
}
