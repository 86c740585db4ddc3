import { findProgram, grypeProgram, type ProgramLookup, syftProgram } from '@kso/engines';
import { renderGrid, terminalOf } from '@kso/report';
import { canBuild, installPrograms } from '../engines/install.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import type { CliHost } from '../host.ts';
import { createProgress } from '../output/progress.ts';
import { write } from '../output/writer.ts';

export interface ToolsOptions {
  readonly format?: 'table' | 'json';
}

/** `kso tools list`. */
export async function list(options: ToolsOptions, host: CliHost): Promise<ExitCode> {
  const lookups = await lookUp(host);
  const text =
    options.format === 'json' ? `${JSON.stringify(lookups, null, 2)}\n` : `${listLines(lookups, host).join('\n')}\n`;
  await write(host.stdout, text);
  return exitCodes.ok;
}

/** `kso tools install`: builds what is missing and waits for it. */
export async function install(_options: ToolsOptions, host: CliHost): Promise<ExitCode> {
  const missing = (await lookUp(host)).filter((program) => program.lookup.found !== 'found').map(({ name }) => name);
  if (missing.length === 0) {
    await write(host.stdout, 'Syft and Grype are there: kso tools list shows where\n');
    return exitCodes.ok;
  }
  const builder = canBuild(host.env);
  if (!builder.ok) {
    await write(host.stderr, `kso: cannot build ${missing.join(' and ')}: ${builder.reason}\n`);
    return exitCodes.failed;
  }
  const progress = createProgress(host.stderr, host.env);
  const result = await installPrograms(missing, {
    env: host.env,
    signal: host.signal,
    onStep: (text) => progress.step(text),
  });
  progress.clear();
  if (!result.ok) {
    await write(host.stderr, `kso: ${result.reason}\n`);
    return exitCodes.failed;
  }
  await write(host.stdout, `installed: ${missing.join(', ')}\n`);
  return exitCodes.ok;
}

interface FoundProgram {
  readonly name: string;
  readonly lookup: ProgramLookup;
}

async function lookUp(host: CliHost): Promise<FoundProgram[]> {
  const definitions = [syftProgram, grypeProgram];
  return Promise.all(
    definitions.map(async (definition) => ({
      name: definition.name,
      lookup: await findProgram(definition, { env: { ...host.env } }),
    })),
  );
}

function listLines(programs: readonly FoundProgram[], host: CliHost): string[] {
  const rows = programs.map(({ name, lookup }) => {
    switch (lookup.found) {
      case 'found':
        return [name, lookup.version, lookup.path];
      case 'wrongVersion':
        return [name, `${lookup.version} is too old`, lookup.howToGet];
      default:
        return [name, 'not found', lookup.howToGet];
    }
  });
  return renderGrid(
    [{ title: 'PROGRAM' }, { title: 'VERSION' }, { title: 'WHERE', shrink: 1 }],
    rows,
    terminalOf(host.stdout, host.env),
  );
}
