import { stat } from 'node:fs/promises';
import {
  childEnvironment,
  findProgram,
  type ProgramLookup,
  type RunEnd,
  runProgram,
  syftProgram,
  withScratchDirectory,
} from '../programs/index.ts';
import { classifySyftFailure } from './classify-failure.ts';
import type { SbomEngine, SbomOutcome, SbomRequest, SbomSource } from './port.ts';
import { writeSyftConfiguration } from './syft-configuration.ts';

export interface SyftOptions {
  /** Path of the executable; else it is looked for (`findProgram`). */
  readonly program?: string | undefined;
  /** The service's environment; Syft gets an allow list of it. */
  readonly env: NodeJS.ProcessEnv;
  /** Each scan works in a folder of its own below this one. */
  readonly scratchRoot: string;
  /** Hard memory limit of one run where the system offers one; Go is told to stay below 80 % of it. */
  readonly memoryBytes?: number;
  /** Also take over packages out of SBOM files that lie in an image. It is part of the version: such an SBOM is another one. */
  readonly embeddedSboms?: boolean | undefined;
  /** Told of each run how much memory it had at most, in bytes. */
  readonly onPeakMemory?: ((bytes: number) => void) | undefined;
}

/** Runs Syft as a child process: one process, one scratch folder, one deadline for each image. */
export function createSyft(options: SyftOptions): SbomEngine {
  const status = async (): Promise<ProgramLookup> => {
    const lookup = await findProgram(syftProgram, { configured: options.program, env: options.env });
    if (lookup.found !== 'found' || options.embeddedSboms !== true) return lookup;
    return { ...lookup, version: `${lookup.version}+embedded-sboms` };
  };
  return {
    status,
    create: async (request, signal) => {
      const lookup = await status();
      if (lookup.found !== 'found') return { outcome: 'engineUnavailable', lookup };
      return withScratchDirectory(options.scratchRoot, (directory) =>
        createSbom({ options, lookup, request, directory }, signal),
      );
    },
  };
}

interface Run {
  readonly options: SyftOptions;
  readonly lookup: Extract<ProgramLookup, { found: 'found' }>;
  readonly request: SbomRequest;
  readonly directory: string;
}

/** Syft says so once, when all layers are on disk. */
const pullEnded = 'completed image read';

async function createSbom(run: Run, signal: AbortSignal | undefined): Promise<SbomOutcome> {
  const { options, lookup, request, directory } = run;
  const configuration = await writeSyftConfiguration(directory, request);
  let phase: 'pulling' | 'cataloguing' = 'pulling';
  const end = await runProgram({
    program: lookup.path,
    args: syftArguments(request.source, configuration, options.embeddedSboms === true),
    env: childEnvironment(options.env, {
      // A home of its own: no docker login of the user, no configuration that nobody expects.
      HOME: directory,
      XDG_CACHE_HOME: directory,
      XDG_CONFIG_HOME: directory,
      TMPDIR: directory,
      NO_COLOR: '1',
      ...memoryVariables(options.memoryBytes),
    }),
    workingDirectory: directory,
    stdout: { file: request.target, maxBytes: request.maxSbomBytes },
    timeoutMs: request.timeoutMs,
    memoryBytes: options.memoryBytes,
    signal,
    secrets: secretsOf(request.source),
    disk: { directory, maxBytes: request.maxImageBytes },
    onStderr: (text) => {
      if (text.includes(pullEnded)) phase = 'cataloguing';
    },
    onPeakMemory: options.onPeakMemory,
  });
  if (end.ended === 'exited' && end.code === 0) {
    const { size } = await stat(request.target);
    return { outcome: 'created', bytes: size, engineVersion: lookup.version };
  }
  return failure(end, run, phase);
}

/** 80 % of the hard limit, so that the collector works harder before the kernel refuses. */
export function memoryVariables(memoryBytes: number | undefined): Record<string, string> {
  return memoryBytes === undefined ? {} : { GOMEMLIMIT: String(Math.floor(memoryBytes * 0.8)) };
}

function syftArguments(source: SbomSource, configuration: string, embeddedSboms: boolean): string[] {
  const common = ['--config', configuration, '-o', 'syft-json', '-v'];
  if (source.type === 'sbom') return ['convert', source.file, ...common];
  // Without the file cataloguers, as upstream (kubevuln.md 5.5). `-v` for the line that ends the pull.
  const image = ['--select-catalogers', embeddedSboms ? '-file,+sbom-cataloger' : '-file'];
  switch (source.type) {
    case 'registry':
      return ['scan', `registry:${source.reference}`, ...image, ...common];
    case 'ociLayout':
      return ['scan', `oci-dir:${source.directory}`, ...image, ...common];
    case 'dockerArchive':
      return ['scan', `docker-archive:${source.file}`, ...image, ...common];
    case 'directory':
      return ['scan', `dir:${source.directory}`, ...image, ...common];
    default:
      return source satisfies never;
  }
}

function secretsOf(source: SbomSource): string[] {
  if (source.type !== 'registry') return [];
  return source.credentials.flatMap(({ password, token }) => [password ?? '', token ?? '']);
}

function failure(end: RunEnd, { options, request }: Run, phase: 'pulling' | 'cataloguing'): SbomOutcome {
  switch (end.ended) {
    case 'cancelled':
      return { outcome: 'cancelled' };
    case 'timedOut':
      return { outcome: 'timedOut', phase, timeoutMs: request.timeoutMs };
    case 'outOfMemory':
      return { outcome: 'outOfMemory', limitBytes: options.memoryBytes };
    case 'diskTooLarge':
      return { outcome: 'imageTooLarge', limitBytes: request.maxImageBytes };
    case 'outputTooLarge':
      return { outcome: 'sbomTooLarge', limitBytes: request.maxSbomBytes };
    case 'signalled':
      return { outcome: 'failed', detail: `Syft was ended by ${end.signal}` };
    case 'exited': {
      const detail = lastErrorLines(end.stderr) || `Syft ended with status ${end.code}`;
      return { outcome: classifySyftFailure(detail), detail };
    }
    default:
      return { outcome: 'failed', detail: `Syft could not be started: ${end.stderr}` };
  }
}

/** The error at the end of a Syft or Grype log, without the lines of progress before it. */
export function lastErrorLines(stderr: string): string {
  const start = stderr.lastIndexOf(' ERROR ');
  return (start < 0 ? stderr : stderr.slice(start + ' ERROR '.length)).trim().slice(-2000);
}
