// pnpm test [--chaos | --e2e | --soak] [--no-install] [vitest arguments]
// Gets the real parts that the tests need, runs the tests and ends with a line "N passed, N failed[, N skipped]".

import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { debianBaseFile } from '@kso/testkit/images';
import { canUseApt } from './programs/apt.ts';
import { formatEvent, type InstallEvent } from './programs/events.ts';
import { install, stateOf } from './programs/installer.ts';
import { type Purpose, programsFor } from './programs/pins.ts';
import { clusterEnvironment, onNode, showCluster, startCluster, stopCluster, whyNoCluster } from './testing/e2e.ts';
import { exitCode, formatSummary, summarise, type VitestReport } from './testing/summary.ts';

const root = path.resolve(import.meta.dirname, '..');

/** Installs what is missing and says so. False if something stays missing: then it has been said what, and how to get it. */
async function preparePrograms(purpose: Purpose, mayInstall: boolean): Promise<boolean> {
  const needed = programsFor(purpose);
  const print = (event: InstallEvent) => {
    const isNoise = event.event === 'progress' && !process.stdout.isTTY;
    const isOld = event.event === 'done' && event.seconds === undefined;
    if (!isNoise && !isOld) console.log(formatEvent(event));
  };
  if (mayInstall) return install(needed, { apt: canUseApt() }, print);
  const missing = needed.filter((program) => stateOf(program).state === 'missing').map(({ name }) => name);
  if (missing.length > 0) console.log(`missing: ${missing.join(', ')}; see npx -y pnpm@12 programs --help`);
  return missing.length === 0;
}

/** The Debian layer of test images. Only root can make it; without it the tests that need it are skipped and say so. */
function prepareImages(): void {
  if (existsSync(debianBaseFile())) return;
  if (process.getuid?.() !== 0) {
    console.log('no Debian base image (it takes root and debootstrap): tests with it will be skipped');
    return;
  }
  console.log('debian-base: making the base layer of test images');
  spawnSync(process.execPath, [path.join(root, 'tools/images/debian-base.ts')], { stdio: 'inherit' });
}

/** Data that is too big or not ours to keep here lies beside the checkout, if it is there. */
function testData(): string | undefined {
  const configured = process.env['KSO_TEST_DATA'];
  if (configured !== undefined) return configured;
  const beside = path.resolve(root, '../shared');
  if (existsSync(path.join(beside, 'golden'))) return beside;
  console.log('KSO_TEST_DATA is not set: tests against reference data will be skipped');
  return undefined;
}

/** `prefix`: a command that runs vitest elsewhere. */
function runVitest(args: readonly string[], env: NodeJS.ProcessEnv, prefix: readonly string[] = []): Promise<number> {
  const vitest = path.join(root, 'node_modules/vitest/vitest.mjs');
  const [program = process.execPath, ...rest] = [...prefix, process.execPath, vitest, 'run', ...args];
  const child = spawn(program, rest, { cwd: root, env, stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal));
  return new Promise((resolve) => child.once('close', (code) => resolve(code ?? 1)));
}

/** The tests of `test/e2e`, on the node of a cluster that lives as long as they do. */
async function runOnCluster(args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  try {
    if (!startCluster()) return 1;
    const status = await runVitest(args, { ...env, PATH: clusterEnvironment()['PATH'] }, onNode);
    if (status !== 0) showCluster();
    return status;
  } finally {
    stopCluster();
  }
}

function projectsOf(flags: ReadonlySet<string>): string[] {
  if (flags.has('--e2e')) return ['--project=e2e'];
  if (flags.has('--soak')) return ['--project=soak'];
  return flags.has('--chaos') ? ['--project=chaos'] : ['--project=unit', '--project=chart', '--project=integration'];
}

async function main(): Promise<number> {
  const own = new Set(['--chaos', '--e2e', '--soak', '--no-install', '--']);
  const flags = new Set(process.argv.slice(2).filter((argument) => own.has(argument)));
  const rest = process.argv.slice(2).filter((argument) => !own.has(argument));
  const isE2e = flags.has('--e2e');
  const hindrance = isE2e ? whyNoCluster() : undefined;
  if (hindrance !== undefined) {
    console.log(`The end-to-end tests cannot run here: ${hindrance}.`);
    return 1;
  }
  if (!(await preparePrograms(isE2e ? 'e2e' : 'test', !flags.has('--no-install')))) {
    console.log('The tests need the programs above.');
    return 1;
  }
  if (!isE2e) prepareImages();
  const data = testData();
  const env = { ...process.env, KSO_REQUIRE_PROGRAMS: '1', ...(data === undefined ? {} : { KSO_TEST_DATA: data }) };

  const folder = mkdtempSync(path.join(tmpdir(), 'kso-test-'));
  const file = path.join(folder, 'report.json');
  const reporting = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
  const status = await (isE2e ? runOnCluster : runVitest)([...projectsOf(flags), ...reporting, ...rest], env);
  const summary = existsSync(file)
    ? summarise(JSON.parse(readFileSync(file, 'utf8')) as VitestReport)
    : { passed: 0, failed: 0, skipped: 0 };
  rmSync(folder, { recursive: true, force: true });
  const code = exitCode(summary, status);
  if (code !== 0 && summary.failed === 0)
    console.log(status === 0 ? 'no test ran' : `vitest ended with ${status} and no failed test`);
  console.log(formatSummary(summary));
  return code;
}

process.exitCode = await main();
