import { accessSync, constants, statSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { fail } from './errors.ts';

/** Where built programs are kept: outside the checkout, shared by all checkouts of a user. */
export function toolFolder(env: NodeJS.ProcessEnv = process.env): string {
  return env['KSO_TOOLS_DIR'] ?? path.join(env['XDG_CACHE_HOME'] ?? path.join(homedir(), '.cache'), 'kso', 'bin');
}

/** The program on PATH, else in the tool folder; undefined when it is in neither. */
export function findProgram(name: string, env: NodeJS.ProcessEnv = process.env): string | undefined {
  const onPath = (env['PATH'] ?? '').split(path.delimiter).filter((folder) => path.isAbsolute(folder));
  // Debian keeps some programs where only root's PATH looks, and network plugins where no PATH does.
  return [...onPath, toolFolder(env), '/usr/sbin', '/usr/lib/cni']
    .map((folder) => path.join(folder, name))
    .find(isExecutable);
}

/** @throws PROGRAM_MISSING, which says how to get it. */
export function requireProgram(name: string, env: NodeJS.ProcessEnv = process.env): string {
  const found = findProgram(name, env);
  if (found === undefined) throw fail('PROGRAM_MISSING', { program: name, hint: installHint(name) });
  return found;
}

/**
 * For `describe.skipIf(...)`: why these tests cannot run here, after a warning that says so, or undefined when they can.
 * `pnpm test` sets `KSO_REQUIRE_PROGRAMS`: there a missing program fails, so a complete run cannot skip by accident.
 */
export function missingPrograms(...names: readonly string[]): string | undefined {
  const missing = names.filter((name) => findProgram(name) === undefined);
  const first = missing[0];
  if (first === undefined) return undefined;
  if (process.env['KSO_REQUIRE_PROGRAMS'] === '1')
    throw fail('PROGRAM_MISSING', { program: missing.join(', '), hint: installHint(...missing) });
  const reason = `${missing.join(', ')} not found; ${installHint(...missing)}`;
  process.emitWarning(`tests are skipped: ${reason}`);
  return reason;
}

function installHint(...names: readonly string[]): string {
  return `get it with: npx -y pnpm@12 programs ${names.join(' ')}`;
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
