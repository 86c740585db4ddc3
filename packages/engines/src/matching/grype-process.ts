import { join } from 'node:path';
import {
  childEnvironment,
  findProgram,
  grypeProgram,
  type ProgramLookup,
  type RunEnd,
  runProgram,
} from '../programs/index.ts';
import { memoryVariables } from '../sbom/syft.ts';

export interface GrypeOptions {
  /** Path of the executable; else it is looked for (`findProgram`). */
  readonly program?: string | undefined;
  /** The service's environment; Grype gets an allow list of it. */
  readonly env: NodeJS.ProcessEnv;
  /** Folder of the vulnerability database (Grype's `db.cache-dir`). */
  readonly databaseDirectory: string;
  /** Each run works in a folder of its own below this one. */
  readonly scratchRoot: string;
  readonly memoryBytes?: number;
  /** Told of each run how much memory it had at most, in bytes. */
  readonly onPeakMemory?: ((bytes: number) => void) | undefined;
  /** Where updates come from: the base of a listing, or its full URL ending in `.json`. Default: Grype's own. */
  readonly updateUrl?: string | undefined;
  /** File with extra certificates for `updateUrl`. */
  readonly updateCaFile?: string | undefined;
  readonly updateTimeoutMs?: number;
}

export interface GrypeRun {
  readonly path: string;
  readonly args: readonly string[];
  readonly directory: string;
  readonly variables?: Readonly<Record<string, string>>;
  /** Default: a file in `directory`. */
  readonly stdout?: { readonly file: string; readonly maxBytes: number };
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

export function findGrype({ program, env }: GrypeOptions): Promise<ProgramLookup> {
  return findProgram(grypeProgram, { configured: program, env });
}

/** Runs Grype with what all its commands have in common: no update of its own accord, no age check, no call home. */
export function runGrype(options: GrypeOptions, run: GrypeRun): Promise<RunEnd> {
  const { directory } = run;
  return runProgram({
    program: run.path,
    args: run.args,
    env: childEnvironment(options.env, {
      HOME: directory,
      XDG_CACHE_HOME: directory,
      XDG_CONFIG_HOME: directory,
      TMPDIR: directory,
      NO_COLOR: '1',
      GRYPE_CHECK_FOR_APP_UPDATE: 'false',
      GRYPE_DB_CACHE_DIR: options.databaseDirectory,
      GRYPE_DB_AUTO_UPDATE: 'false',
      GRYPE_DB_VALIDATE_AGE: 'false',
      GRYPE_DB_VALIDATE_BY_HASH_ON_START: 'false',
      // Its live data is small beside what it allocates: a sixth less processor time for some 50 MiB; GOMEMLIMIT still holds.
      GOGC: '200',
      ...memoryVariables(options.memoryBytes),
      ...run.variables,
    }),
    workingDirectory: directory,
    stdout: run.stdout ?? { file: join(directory, 'stdout'), maxBytes: 1024 * 1024 },
    timeoutMs: run.timeoutMs,
    memoryBytes: options.memoryBytes,
    signal: run.signal,
    onPeakMemory: options.onPeakMemory,
  });
}
