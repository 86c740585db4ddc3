import { findProgram, grypeProgram, syftProgram } from '@kso/engines';
import { canBuild, installPrograms } from '../engines/install.ts';
import type { CliHost } from '../host.ts';
import type { Progress } from '../output/progress.ts';

/** What becomes of the two programs that scan images. */
export type EnginePlan =
  | { readonly type: 'present' }
  /** They are built while everything else goes on. */
  | { readonly type: 'build'; readonly missing: readonly string[] }
  | { readonly type: 'missing'; readonly missing: readonly string[]; readonly reason: string };

export interface EngineOptions {
  readonly once?: boolean;
  /** False: `--no-engines`. */
  readonly engines: boolean;
}

export async function planEngines(options: EngineOptions, host: CliHost): Promise<EnginePlan> {
  const lookups = await Promise.all(
    [syftProgram, grypeProgram].map(async (program) => ({
      name: program.name,
      lookup: await findProgram(program, { env: { ...host.env } }),
    })),
  );
  const missing = lookups.flatMap(({ name, lookup }) => (lookup.found === 'found' ? [] : [name]));
  if (missing.length === 0) return { type: 'present' };
  if (!options.engines) return { type: 'missing', missing, reason: 'building them is turned off (--no-engines)' };
  const builder = canBuild(host.env);
  if (!builder.ok) return { type: 'missing', missing, reason: builder.reason };
  if (options.once === true)
    return {
      type: 'missing',
      missing,
      reason: 'with --once nothing is built: kso tools install does it ahead of time',
    };
  return { type: 'build', missing };
}

/** Says on the screen what the plan means for the user. */
export function explainEngines(plan: EnginePlan, progress: Progress): void {
  if (plan.type === 'present') return;
  const names = plan.missing.join(' and ');
  if (plan.type === 'build') {
    progress.note(
      `Image scans wait: ${names} ${plan.missing.length === 1 ? 'is' : 'are'} being built (about ten minutes, once).`,
    );
    return;
  }
  progress.note(
    `Images are not evaluated: ${names} not found, and ${plan.reason}. Get them: https://github.com/anchore/syft, https://github.com/anchore/grype`,
  );
}

/** Builds in the background; the end is told whether it went well or not. */
export async function buildEngines(missing: readonly string[], host: CliHost, progress: Progress): Promise<void> {
  const result = await installPrograms(missing, {
    env: host.env,
    signal: host.signal,
    onStep: (text) => progress.step(text),
  });
  if (host.signal.aborted) return;
  progress.note(
    result.ok
      ? `${missing.join(' and ')} built: images are scanned now.`
      : `Images are not evaluated: ${result.reason}`,
  );
}
