// npx -y pnpm@12 programs [--apt] [--json] [--for start|test|e2e] [NAME…]
// Exit codes: 0 all are there, 1 one is missing, 2 usage.
import { parseArgs } from 'node:util';
import { formatEvent, type InstallEvent } from './events.ts';
import { install, stateOf } from './installer.ts';
import { type Program, programs, programsFor } from './pins.ts';

const usage = `Finds or builds the outside programs, each once, in a cache folder outside of the checkout.

  npx -y pnpm@12 programs [options] [NAME...]

  NAME           one of: ${programs.map(({ name }) => name).join(', ')}
  --for PURPOSE  start (scanning images), test or e2e; the default without names is test
  --apt          also install missing Debian packages (root on Debian)
  --json         one JSON object a line: {"event": "start"|"progress"|"done"|"failed", "program": ...}
  --list         show where each program is and change nothing

The folder is KSO_TOOLS_DIR, else XDG_CACHE_HOME/kso/bin, else ~/.cache/kso/bin. A program on PATH comes first.`;

type Options = { apt: boolean; json: boolean; list: boolean; help: boolean; chosen: readonly Program[] };

function readArguments(args: readonly string[]): Options | { error: string } {
  try {
    const boolean = { type: 'boolean', default: false } as const;
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { apt: boolean, json: boolean, list: boolean, help: boolean, for: { type: 'string', default: 'test' } },
    });
    const purpose = values.for;
    if (purpose !== 'start' && purpose !== 'test' && purpose !== 'e2e')
      return { error: `--for takes start, test or e2e, not ${purpose}` };
    const unknown = positionals.find((name) => !programs.some((program) => program.name === name));
    if (unknown !== undefined) return { error: `unknown program: ${unknown}` };
    const named = programs.filter(({ name }) => positionals.includes(name));
    return { ...values, chosen: named.length > 0 ? named : programsFor(purpose) };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}

function list(chosen: readonly Program[]): string {
  const rows = chosen.map((program) => {
    const state = stateOf(program);
    const version = program.source === 'go' ? program.version : `Debian's ${program.package}`;
    return [program.name, version, state.state, 'path' in state ? state.path : ''];
  });
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '))
    .join('\n')
    .replace(/ +$/gm, '');
}

async function main(): Promise<number> {
  const options = readArguments(process.argv.slice(2));
  if ('error' in options) {
    console.error(`${options.error} (see --help)`);
    return 2;
  }
  if (options.help || options.list) {
    console.log(options.help ? usage : list(options.chosen));
    return 0;
  }
  const print = (event: InstallEvent) => console.log(options.json ? JSON.stringify(event) : formatEvent(event));
  return (await install(options.chosen, options, print)) ? 0 : 1;
}

process.exitCode = await main();
