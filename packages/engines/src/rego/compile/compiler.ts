import { hash } from 'node:crypto';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { findProgram, type ProgramLookup } from '../../programs/find-program.ts';
import { childEnvironment, opaProgram, runProgram, withScratchDirectory } from '../../programs/index.ts';
import { customFunctions, forbiddenFunctions } from './capabilities.ts';
import type { ModuleCache } from './module-cache.ts';
import { sharedModules } from './shared-modules.ts';
import { tarEntry } from './tar-entry.ts';

export type Compiled =
  | { readonly outcome: 'compiled'; readonly key: string; readonly wasm: Uint8Array; readonly fromCache: boolean }
  /** `detail` is OPA's own text, lines joined. */
  | { readonly outcome: 'invalid'; readonly detail: string }
  | { readonly outcome: 'opaMissing'; readonly detail: string };

export interface CompilerOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly opa: string | undefined;
  readonly cache: ModuleCache;
}

/** Part of every key: another way to compile makes other modules. */
const format = 1;
const timeoutMs = 60_000;
const memoryBytes = 1024 * 1024 * 1024;
const maxOutputBytes = 64 * 1024 * 1024;
const maxRuleBytes = 4 * 1024 * 1024;
const maxDetail = 800;
const unzip = promisify(gunzip);

/** Compiles Rego to WebAssembly with `opa build`, each text once in the life of the cache. */
export class RegoCompiler {
  readonly #options: CompilerOptions;
  #lookup: Promise<ProgramLookup> | undefined;
  #capabilities: Promise<string> | undefined;

  constructor(options: CompilerOptions) {
    this.#options = options;
  }

  async compile(text: string, signal?: AbortSignal): Promise<Compiled> {
    const opa = await (this.#lookup ??= findProgram(opaProgram, {
      configured: this.#options.opa,
      env: this.#options.env,
    }));
    if (opa.found !== 'found') {
      const version = opa.found === 'wrongVersion' ? ` in a version that can be used (${opa.version} was)` : '';
      return { outcome: 'opaMissing', detail: `OPA not found${version}: ${opa.howToGet}` };
    }
    if (Buffer.byteLength(text) > maxRuleBytes) return { outcome: 'invalid', detail: 'the rule is larger than 4 MiB' };
    const key = hash('sha256', JSON.stringify([format, opa.version, sharedModules, customFunctions, text]));
    const cached = await this.#options.cache.get(key);
    if (cached !== undefined) return { outcome: 'compiled', key, wasm: cached, fromCache: true };
    const built = await withScratchDirectory(tmpdir(), (directory) => this.#build(opa.path, text, directory, signal));
    if (typeof built === 'string') return { outcome: 'invalid', detail: built };
    await this.#options.cache.put(key, built);
    return { outcome: 'compiled', key, wasm: built, fromCache: false };
  }

  /** The module, or what OPA says is wrong with it. The newer syntax is tried first. */
  async #build(opa: string, text: string, directory: string, signal?: AbortSignal): Promise<Uint8Array | string> {
    const capabilities = await (this.#capabilities ??= this.#readCapabilities(opa, directory, signal));
    const files = { 'rule.rego': text, 'capabilities.json': capabilities, ...sharedModules };
    await Promise.all(
      Object.entries(files).map(([name, content]) => writeFile(join(directory, name), content, { mode: 0o600 })),
    );
    const newer = await this.#run(opa, buildArguments([]), directory, signal);
    if (newer === undefined) return readModule(join(directory, bundle));
    const older = await this.#run(opa, buildArguments(['--v0-compatible']), directory, signal);
    if (older === undefined) return readModule(join(directory, bundle));
    // The syntax that can be parsed is the one that was meant.
    return isParseError(newer) && !isParseError(older) ? older : newer;
  }

  async #readCapabilities(opa: string, directory: string, signal?: AbortSignal): Promise<string> {
    const problem = await this.#run(opa, ['capabilities', '--current'], directory, signal);
    if (problem !== undefined) {
      this.#capabilities = undefined;
      throw new Error(`opa capabilities: ${problem}`);
    }
    const known = JSON.parse(await readFile(join(directory, output), 'utf8')) as { builtins: { name: string }[] };
    const builtins = known.builtins.filter(({ name }) => !forbiddenFunctions.has(name));
    return JSON.stringify({ ...known, builtins: [...builtins, ...customFunctions] });
  }

  /** Undefined when all is well. */
  async #run(
    opa: string,
    args: readonly string[],
    directory: string,
    signal?: AbortSignal,
  ): Promise<string | undefined> {
    const end = await runProgram({
      program: opa,
      args,
      env: childEnvironment(this.#options.env, { HOME: directory, TMPDIR: directory }),
      workingDirectory: directory,
      stdout: { file: join(directory, output), maxBytes: maxOutputBytes },
      timeoutMs,
      memoryBytes,
      signal,
    });
    if (end.ended === 'exited' && end.code === 0) return undefined;
    const said = `${end.stderr}\n${await readFile(join(directory, output), 'utf8').catch(() => '')}`;
    const lines = said.split('\n').map((line) => line.trim());
    const told = lines
      .filter((line) => line !== '')
      .join('; ')
      .slice(0, maxDetail);
    return end.ended === 'exited' ? told || `opa ended with status ${end.code}` : `opa: ${end.ended}`;
  }
}

const bundle = 'bundle.tar.gz';
const output = 'output.txt';

function buildArguments(extra: readonly string[]): string[] {
  const modules = ['rule.rego', ...Object.keys(sharedModules)];
  const options = ['--capabilities', 'capabilities.json', '-e', 'armo_builtins', '-o', bundle];
  return ['build', '-t', 'wasm', ...extra, ...options, ...modules];
}

async function readModule(file: string): Promise<Uint8Array | string> {
  if ((await stat(file)).size > maxOutputBytes) return 'the compiled rule is larger than 64 MiB';
  const archive = await unzip(await readFile(file), { maxOutputLength: 2 * maxOutputBytes });
  return tarEntry(archive, 'policy.wasm') ?? 'opa built no WebAssembly module';
}

function isParseError(detail: string): boolean {
  return detail.includes('rego_parse_error');
}
