import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, isAbsolute, join } from 'node:path';
import { promisify } from 'node:util';
import { childEnvironment } from './child-environment.ts';
import type { ProgramDefinition } from './known-programs.ts';

/** Where a program was found, or why it cannot be used. `version` carries a leading `v`. */
export type ProgramLookup =
  | { readonly found: 'found'; readonly path: string; readonly version: string }
  | { readonly found: 'missing'; readonly program: string; readonly howToGet: string }
  | {
      readonly found: 'wrongVersion';
      readonly program: string;
      readonly path: string;
      readonly version: string;
      readonly wanted: string;
      readonly howToGet: string;
    };

export interface FindProgramOptions {
  /** A path from the configuration; when set, nothing else is tried. */
  readonly configured?: string | undefined;
  /** Read for `PATH`, `KSO_TOOLS_DIR`, `XDG_CACHE_HOME`, `HOME`. */
  readonly env: NodeJS.ProcessEnv;
}

const run = promisify(execFile);
const versionTimeoutMs = 15_000;

/**
 * Looks for a program at the configured path, then on `PATH`, then in the tool cache. A program of a wrong version is passed over when a
 * later place has a right one. A program is asked for its version once, until its file changes.
 */
export async function findProgram(definition: ProgramDefinition, options: FindProgramOptions): Promise<ProgramLookup> {
  let wrong: ProgramLookup | undefined;
  for (const path of candidates(definition.name, options)) {
    const version = await versionOf(path, definition, options.env);
    if (version === undefined) continue;
    if (isAtLeast(version, definition.minimumVersion)) return { found: 'found', path, version: `v${version}` };
    wrong ??= {
      found: 'wrongVersion',
      program: definition.name,
      path,
      version: `v${version}`,
      wanted: definition.minimumVersion,
      howToGet: definition.howToGet,
    };
  }
  return wrong ?? { found: 'missing', program: definition.name, howToGet: definition.howToGet };
}

/** Folder in which built programs are kept: `KSO_TOOLS_DIR`, else `kso/bin` in the user's cache folder. */
export function toolCacheDirectory(env: NodeJS.ProcessEnv): string {
  if (isSet(env.KSO_TOOLS_DIR)) return env.KSO_TOOLS_DIR;
  const cache = isSet(env.XDG_CACHE_HOME) ? env.XDG_CACHE_HOME : join(env.HOME ?? homedir(), '.cache');
  return join(cache, 'kso', 'bin');
}

function candidates(name: string, { configured, env }: FindProgramOptions): string[] {
  if (isSet(configured)) return [configured];
  // A relative entry of PATH would make the result depend on the working directory: never run from there.
  const folders = (env.PATH ?? '').split(delimiter).filter((folder) => isAbsolute(folder));
  return [...folders, toolCacheDirectory(env)].map((folder) => join(folder, name));
}

interface KnownVersion {
  readonly fingerprint: string;
  readonly version: string;
}

const knownVersions = new Map<string, KnownVersion>();

async function versionOf(
  path: string,
  { versionArguments }: ProgramDefinition,
  env: NodeJS.ProcessEnv,
): Promise<string | undefined> {
  const fingerprint = await executableFingerprint(path);
  if (fingerprint === undefined) return undefined;
  const known = knownVersions.get(path);
  if (known?.fingerprint === fingerprint) return known.version;
  try {
    const options = { env: childEnvironment(env), timeout: versionTimeoutMs, maxBuffer: 64 * 1024 };
    const { stdout } = await run(path, versionArguments, options);
    const version = versionIn(stdout);
    if (version !== undefined) knownVersions.set(path, { fingerprint, version });
    return version;
  } catch {
    // Something that cannot tell its version is not the program, whatever its name.
    return undefined;
  }
}

async function executableFingerprint(path: string): Promise<string | undefined> {
  try {
    const file = await stat(path);
    if (!file.isFile()) return undefined;
    await access(path, constants.X_OK);
    return `${file.size}:${file.mtimeMs}`;
  } catch {
    return undefined;
  }
}

function versionIn(text: string): string | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    const version = typeof parsed === 'object' && parsed !== null && 'version' in parsed ? parsed.version : undefined;
    return typeof version === 'string' ? /^v?(\d+\.\d+\.\d+\S*)$/.exec(version)?.[1] : undefined;
  } catch {
    return /^Version: v?(\d+\.\d+\.\d+\S*)$/m.exec(text)?.[1];
  }
}

function isAtLeast(version: string, minimum: string): boolean {
  const have = numbersOf(version);
  const want = numbersOf(minimum);
  if (have[0] !== want[0]) return false;
  if (have[1] !== want[1]) return have[1] > want[1];
  return have[2] >= want[2];
}

function numbersOf(version: string): [number, number, number] {
  const [, major, minor, patch] = /^(\d+)\.(\d+)\.(\d+)/.exec(version) ?? [];
  return [Number(major), Number(minor), Number(patch)];
}

function isSet(text: string | undefined): text is string {
  return text !== undefined && text !== '';
}
