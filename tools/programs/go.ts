import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { constants, setPriority } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { BuiltProgram } from './pins.ts';

export type Go =
  | { readonly state: 'ready'; readonly version: string }
  | { readonly state: 'absent' | 'old'; readonly reason: string };

/** Whether the Go on PATH can build the program: its `go.mod` says which one it takes. */
export function findGo(program: BuiltProgram): Go {
  const wanted = /^go (\S+)$/m.exec(readFileSync(moduleFile(program, 'go.mod'), 'utf8'))?.[1] ?? '1.26.0';
  // In the module's folder Go fetches the toolchain that it needs, unless that is turned off.
  const { stdout, status } = spawnSync('go', ['env', 'GOVERSION'], { cwd: moduleFolder(program), encoding: 'utf8' });
  if (status !== 0) return { state: 'absent', reason: `Go is not on PATH, and building takes Go ${wanted} or newer` };
  const version = stdout.trim();
  if (isOlder(version.replace(/^go/, ''), wanted))
    return { state: 'old', reason: `building takes Go ${wanted} or newer, and PATH has ${version}` };
  return { state: 'ready', version };
}

/** Changes with the pin, the modules it is made of and the way it is built: another fingerprint means build again. */
export function fingerprint(program: BuiltProgram): string {
  const hash = createHash('sha256').update(buildArguments(program, '').join('\n'));
  for (const file of ['go.mod', 'go.sum']) hash.update(readFileSync(moduleFile(program, file)));
  return `${program.version} ${hash.digest('hex').slice(0, 16)}`;
}

export type BuildOutcome = { readonly ok: true } | { readonly ok: false; readonly reason: string };

const reportEveryMs = 3000;
const keptLines = 12;

/** Runs `go build` at low priority. `onProgress` gets a line every few seconds. */
export function build(
  program: BuiltProgram,
  output: string,
  onProgress: (message: string) => void,
): Promise<BuildOutcome> {
  const child = spawn('go', buildArguments(program, output), {
    cwd: moduleFolder(program),
    env: { ...process.env, CGO_ENABLED: '0', GOWORK: 'off' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const stop = () => child.kill('SIGTERM');
  process.once('SIGTERM', stop).once('SIGINT', stop);
  if (child.pid !== undefined) lowerPriority(child.pid);
  const counts = { downloaded: 0, compiled: 0 };
  const lastLines: string[] = [];
  let reportedAt = Date.now();
  createInterface({ input: child.stderr }).on('line', (line) => {
    if (line.startsWith('go: downloading ')) counts.downloaded += 1;
    // `-v` prints the import path of each package that is compiled.
    else if (/^[\w.~-]+(\/[\w.~-]+)*$/.test(line)) counts.compiled += 1;
    else lastLines.push(line);
    if (lastLines.length > keptLines) lastLines.shift();
    if (Date.now() - reportedAt < reportEveryMs) return;
    reportedAt = Date.now();
    onProgress(`${counts.downloaded} modules downloaded, ${counts.compiled} packages compiled`);
  });
  return new Promise((resolve) => {
    child.once('error', (error) => resolve({ ok: false, reason: `go build: ${error.message}` }));
    child.once('close', (code, signal) => {
      process.off('SIGTERM', stop).off('SIGINT', stop);
      if (code === 0) resolve({ ok: true });
      else resolve({ ok: false, reason: `go build ended with ${signal ?? code}: ${lastLines.join('\n')}` });
    });
  });
}

function buildArguments(program: BuiltProgram, output: string): string[] {
  const variables = Object.entries(program.variables).map(([name, value]) => `-X ${name}=${value}`);
  const flags = ['-mod=readonly', '-buildvcs=false', '-v', '-ldflags', ['-s', '-w', ...variables].join(' ')];
  return ['build', ...flags, '-o', output, program.package];
}

function moduleFolder(program: BuiltProgram): string {
  return path.join(import.meta.dirname, program.module);
}

function moduleFile(program: BuiltProgram, file: string): string {
  return path.join(moduleFolder(program), file);
}

function lowerPriority(pid: number): void {
  try {
    setPriority(pid, constants.priority.PRIORITY_BELOW_NORMAL);
  } catch {
    // It has ended already, or the system does not let us: neither matters.
  }
}

/** Whether version `a` is before `b`; both like `1.26.8`, `1.27` or `1.27rc1`. */
export function isOlder(a: string, b: string): boolean {
  const [left, right] = [a, b].map((version) => version.split(/[.-]|rc|beta/).map(Number));
  for (let index = 0; index < 3; index += 1) {
    const difference = (left?.[index] ?? 0) - (right?.[index] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return false;
}
