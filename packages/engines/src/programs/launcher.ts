import { spawnSync } from 'node:child_process';
import { platform } from 'node:os';

/** A command line that starts a program under limits. */
export interface Launch {
  readonly command: string;
  readonly args: readonly string[];
}

// By path and not by PATH: the child's PATH may be another one, and these run before any limit holds.
const setpriv = '/usr/bin/setpriv';
const prlimit = '/usr/bin/prlimit';

let deathSignal: boolean | undefined;
let dataLimit: boolean | undefined;

/**
 * Wraps a program with what the machine offers (util-linux): `setpriv --pdeathsig` ends it with this process even if that is killed,
 * `prlimit --data` caps its memory. Both replace themselves by the program, so its process id stays the child's. The data limit and not
 * the address space is capped, because Go reserves far more addresses than it uses.
 */
export function launchUnderLimits(program: string, args: readonly string[], memoryBytes: number | undefined): Launch {
  let line = [program, ...args];
  if (memoryBytes !== undefined && hasDataLimit()) line = [prlimit, `--data=${memoryBytes}`, ...line];
  if (hasDeathSignal()) line = [setpriv, '--pdeathsig=KILL', ...line];
  const [command = program, ...rest] = line;
  return { command, args: rest };
}

function hasDeathSignal(): boolean {
  deathSignal ??= works(setpriv, ['--pdeathsig=KILL', '/bin/true']);
  return deathSignal;
}

function hasDataLimit(): boolean {
  dataLimit ??= works(prlimit, ['--data=268435456', '/bin/true']);
  return dataLimit;
}

function works(command: string, args: readonly string[]): boolean {
  if (platform() !== 'linux') return false;
  const end = spawnSync(command, args, { stdio: 'ignore', timeout: 5000 });
  return end.status === 0;
}
