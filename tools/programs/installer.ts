import { chmodSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { findProgram, toolFolder } from '@kso/testkit/programs';
import { aptInstall, canUseApt } from './apt.ts';
import type { Report } from './events.ts';
import { build, findGo, fingerprint } from './go.ts';
import { withLock } from './lock.ts';
import type { BuiltProgram, DebianProgram, Program } from './pins.ts';

export type ProgramState =
  | { readonly state: 'path' | 'cache'; readonly path: string }
  /** In the tool folder, built from another pin. */
  | { readonly state: 'outdated'; readonly path: string }
  | { readonly state: 'missing' };

/** Where a program stands; nothing is changed. */
export function stateOf(program: Program): ProgramState {
  const found = findProgram(program.name);
  if (found === undefined) return { state: 'missing' };
  const inFolder = path.dirname(found) === path.resolve(toolFolder());
  if (!inFolder || program.source === 'debian') return { state: 'path', path: found };
  return { state: readStamp(program) === fingerprint(program) ? 'cache' : 'outdated', path: found };
}

/**
 * Makes sure that the programs are there: what is found is left alone, what is built is built one after the other.
 * Debian's packages are installed only with `apt`, and only where that is possible. False if one is missing in the end.
 */
export async function install(
  programs: readonly Program[],
  options: { apt: boolean },
  report: Report,
): Promise<boolean> {
  let complete = true;
  const missing: DebianProgram[] = [];
  for (const program of programs) {
    const found = stateOf(program);
    if (found.state === 'path' || found.state === 'cache')
      report({ event: 'done', program: program.name, path: found.path, how: found.state });
    else if (program.source === 'debian') missing.push(program);
    else complete = (await installBuilt(program, report)) && complete;
  }
  return (missing.length === 0 || (await installDebian(missing, options.apt, report))) && complete;
}

async function installBuilt(program: BuiltProgram, report: Report): Promise<boolean> {
  const { name, version } = program;
  const failed = (reason: string) => {
    const hint = `install Go (https://go.dev/dl) and try again, or put ${name} ${version} on PATH`;
    report({ event: 'failed', program: name, reason, hint });
    return false;
  };
  const go = findGo(program);
  if (go.state !== 'ready') return failed(go.reason);
  const folder = toolFolder();
  const onWait = () => report({ event: 'progress', program: name, message: 'another process is building it' });
  return withLock(folder, name, onWait, async () => {
    const target = path.join(folder, name);
    // The one that held the lock before us may have built it.
    if (stateOf(program).state === 'cache') {
      report({ event: 'done', program: name, path: target, how: 'cache' });
      return true;
    }
    const message = `building with ${go.version}; the first time takes minutes`;
    report({ event: 'start', program: name, version, message });
    const startedAt = Date.now();
    const temporary = path.join(folder, `.${name}.${process.pid}`);
    const outcome = await build(program, temporary, (progress) =>
      report({ event: 'progress', program: name, message: progress }),
    );
    if (!outcome.ok) {
      rmSync(temporary, { force: true });
      return failed(outcome.reason);
    }
    chmodSync(temporary, 0o755);
    renameSync(temporary, target);
    writeStamp(program);
    const seconds = Math.round((Date.now() - startedAt) / 1000);
    report({ event: 'done', program: name, path: target, how: 'built', seconds });
    return true;
  });
}

async function installDebian(missing: readonly DebianProgram[], apt: boolean, report: Report): Promise<boolean> {
  const packages = missing.map((program) => program.package);
  const failed = (reason: string) => {
    const hint = `as root on Debian: apt-get install ${packages.join(' ')}`;
    for (const { name } of missing) report({ event: 'failed', program: name, reason, hint });
    return false;
  };
  if (!apt) return failed('it is not on PATH');
  if (!canUseApt()) return failed('it is not on PATH, and only root on Debian can install it from here');
  const startedAt = Date.now();
  const [first] = missing;
  const label = first === undefined || missing.length > 1 ? 'Debian packages' : first.name;
  const outcome = await aptInstall(packages, (message) => report({ event: 'progress', program: label, message }));
  if (!outcome.ok) return failed(outcome.reason);
  const seconds = Math.round((Date.now() - startedAt) / 1000);
  return missing
    .map(({ name, package: debianPackage }) => {
      const found = findProgram(name);
      if (found !== undefined) report({ event: 'done', program: name, path: found, how: 'apt', seconds });
      else
        report({
          event: 'failed',
          program: name,
          reason: `${debianPackage} is installed and has no ${name}`,
          hint: 'put it on PATH',
        });
      return found !== undefined;
    })
    .every(Boolean);
}

function stampFile(program: BuiltProgram): string {
  return path.join(toolFolder(), `.${program.name}.stamp`);
}

function readStamp(program: BuiltProgram): string | undefined {
  try {
    return readFileSync(stampFile(program), 'utf8').trim();
  } catch {
    return undefined;
  }
}

function writeStamp(program: BuiltProgram): void {
  mkdirSync(toolFolder(), { recursive: true });
  writeFileSync(stampFile(program), `${fingerprint(program)}\n`);
}
