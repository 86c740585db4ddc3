import type { z } from 'zod';
import { fail, kitErrors } from '../error-table.ts';
import { KsoError } from '../errors.ts';
import { readJsonFile, readTextFile } from '../files.ts';
import type { Logger } from '../logger.ts';
import { describeConfig, type EffectiveSetting } from './effective.ts';
import { envName, isServiceLink } from './env-names.ts';
import { coerce, isSecret, type Leaf, leavesOf, unknownKeys } from './schema-tree.ts';
import { nearest } from './suggest.ts';

/** The only description of a service's configuration. */
export interface ConfigDefinition<S extends z.ZodObject> {
  readonly service: string;
  /** Prefix of its variables, such as `KSO_GATEWAY`. */
  readonly prefix: string;
  readonly schema: S;
  /** Variables of upstream's charts by path (`{ 'http.port': ['PORT'] }`), in order of precedence, after our own name. */
  readonly aliases: Readonly<Record<string, readonly string[]>>;
  /** Prefixes below `prefix` that belong to other services and are not judged here. */
  readonly foreignPrefixes: readonly string[];
}

export interface ConfigOptions<S extends z.ZodObject> {
  readonly service: string;
  readonly prefix: string;
  readonly schema: S;
  readonly aliases?: Readonly<Record<string, readonly string[]>>;
  readonly foreignPrefixes?: readonly string[];
}

export function defineConfig<S extends z.ZodObject>(options: ConfigOptions<S>): ConfigDefinition<S> {
  return { aliases: {}, foreignPrefixes: [], ...options };
}

export interface LoadOptions {
  readonly env: NodeJS.ProcessEnv;
  /** A JSON file; `<PREFIX>_CONFIG_FILE` names another one. A file that is named has to exist. */
  readonly file?: string | undefined;
  /** Values that win over everything, such as command line flags; checked like a file. */
  readonly overrides?: Readonly<Record<string, unknown>>;
  /** Gets the effective configuration with its sources, and the warnings. */
  readonly logger?: Logger;
}

export interface LoadedConfig<T> {
  readonly config: T;
  /** Where each value is from, by dotted path: `default`, `file <path>`, `env <NAME>`, `option`. */
  readonly sources: Readonly<Record<string, string>>;
  readonly warnings: readonly string[];
  readonly effective: readonly EffectiveSetting[];
}

/** All that is wrong with a configuration, one line each. Exit code 78 (`EX_CONFIG`). */
export class ConfigError extends KsoError<'CONFIG_INVALID'> {
  readonly problems: readonly string[];

  constructor(service: string, problems: readonly string[]) {
    super('CONFIG_INVALID', kitErrors.CONFIG_INVALID, { service, problems });
    this.problems = problems;
  }
}

/** Defaults < file < environment < overrides. @throws ConfigError with every problem at once */
export function loadConfig<S extends z.ZodObject>(
  definition: ConfigDefinition<S>,
  options: LoadOptions,
): LoadedConfig<z.output<S>> {
  const input: Record<string, unknown> = {};
  const sources: Record<string, string> = {};
  const problems: string[] = [];
  const leaves = leavesOf(definition.schema, (schema) => isSecret(schema));

  const file = options.env[`${definition.prefix}_CONFIG_FILE`] || options.file;
  if (file !== undefined) {
    const source = `file ${file}`;
    merge(definition, { input, sources, problems, leaves }, readFile(definition.service, file, problems), source);
  }
  applyEnvironment(definition, options.env, { input, sources, problems, leaves });
  merge(definition, { input, sources, problems, leaves }, options.overrides ?? {}, 'option');

  const parsed = definition.schema.safeParse(input);
  if (!parsed.success) problems.push(...parsed.error.issues.map((issue) => describeIssue(issue, sources)));
  if (problems.length > 0 || !parsed.success) throw new ConfigError(definition.service, problems);

  for (const { path } of leaves) sources[path.join('.')] ??= 'default';
  const warnings = unknownVariables(definition, options.env, leaves);
  const effective = describeConfig(parsed.data, leaves, sources);
  for (const warning of warnings) options.logger?.warn({ problem: warning }, 'unknown configuration variable');
  options.logger?.info({ settings: effective }, 'effective configuration');
  return { config: parsed.data, sources, warnings, effective };
}

/** What the steps of loading work on. */
interface Loading {
  readonly input: Record<string, unknown>;
  readonly sources: Record<string, string>;
  readonly problems: string[];
  readonly leaves: readonly Leaf[];
}

function readFile(service: string, file: string, problems: string[]): Record<string, unknown> {
  try {
    const content = readJsonFile(file, `configuration of ${service}`);
    if (typeof content === 'object' && content !== null && !Array.isArray(content)) return { ...content };
    throw fail('FILE_MALFORMED', { what: `configuration of ${service}`, file, problem: 'not an object' });
  } catch (error) {
    problems.push(error instanceof Error ? error.message : String(error));
    return {};
  }
}

function merge<S extends z.ZodObject>(
  definition: ConfigDefinition<S>,
  loading: Loading,
  values: Readonly<Record<string, unknown>>,
  source: string,
): void {
  for (const { path, known } of unknownKeys(definition.schema, values)) {
    const key = path.at(-1) ?? '';
    const guess = nearest(key, known);
    loading.problems.push(
      `${path.join('.')}: unknown key (${source})${guess === undefined ? '' : `; did you mean ${guess}?`}`,
    );
  }
  for (const leaf of loading.leaves) {
    const value = valueAt(values, leaf.path);
    if (value === undefined) continue;
    assign(loading.input, leaf.path, value);
    loading.sources[leaf.path.join('.')] = source;
  }
}

function applyEnvironment<S extends z.ZodObject>(
  definition: ConfigDefinition<S>,
  env: NodeJS.ProcessEnv,
  loading: Loading,
): void {
  for (const leaf of loading.leaves) {
    const key = leaf.path.join('.');
    const names = [envName(definition.prefix, leaf.path), ...(definition.aliases[key] ?? [])];
    const found = leaf.secret ? fromSecretFile(env, names, loading.problems) : undefined;
    const name = names.find((candidate) => isSet(env, candidate));
    // The value itself wins over the file that holds it.
    if (name !== undefined) {
      assign(loading.input, leaf.path, coerce(env[name] ?? '', leaf.kind));
      loading.sources[key] = `env ${name}`;
    } else if (found !== undefined) {
      assign(loading.input, leaf.path, found.value);
      loading.sources[key] = `env ${found.name}`;
    }
  }
}

/** An empty variable counts as absent: charts render empty values for what is not set. */
function isSet(env: NodeJS.ProcessEnv, name: string): boolean {
  const value = env[name];
  return value !== undefined && value !== '' && !isServiceLink(name, value);
}

function fromSecretFile(
  env: NodeJS.ProcessEnv,
  names: readonly string[],
  problems: string[],
): { name: string; value: string } | undefined {
  const name = names.map((candidate) => `${candidate}_FILE`).find((candidate) => isSet(env, candidate));
  if (name === undefined) return undefined;
  try {
    return { name, value: readTextFile(env[name] ?? '', name) };
  } catch (error) {
    problems.push(error instanceof Error ? error.message : String(error));
    return undefined;
  }
}

function unknownVariables<S extends z.ZodObject>(
  definition: ConfigDefinition<S>,
  env: NodeJS.ProcessEnv,
  leaves: readonly Leaf[],
): string[] {
  const known = new Set([`${definition.prefix}_CONFIG_FILE`]);
  for (const leaf of leaves) {
    const name = envName(definition.prefix, leaf.path);
    known.add(name);
    if (leaf.secret) known.add(`${name}_FILE`);
  }
  for (const name of Object.values(definition.aliases).flat()) known.add(name);
  return Object.keys(env)
    .filter((name) => name.startsWith(`${definition.prefix}_`) && !known.has(name))
    .filter((name) => !definition.foreignPrefixes.some((prefix) => name.startsWith(`${prefix}_`)))
    .filter((name) => !isServiceLink(name, env[name] ?? ''))
    .map((name) => {
      const guess = nearest(name, known);
      return `${name} is not a variable of ${definition.service}${guess === undefined ? '' : `; did you mean ${guess}?`}`;
    });
}

function describeIssue(issue: z.core.$ZodIssue, sources: Readonly<Record<string, string>>): string {
  const path = issue.path.map(String);
  const key = path.join('.');
  // The source of the nearest setting above the place of the problem (an element of a list has none of its own).
  const source = path
    .map((_, i) => sources[path.slice(0, path.length - i).join('.')])
    .find((found) => found !== undefined);
  return `${key === '' ? '(top level)' : key}: ${issue.message}${source === undefined ? '' : ` (${source})`}`;
}

function valueAt(values: unknown, path: readonly string[]): unknown {
  let current: unknown = values;
  for (const key of path) {
    if (typeof current !== 'object' || current === null || !Object.hasOwn(current, key)) return undefined;
    current = (current as Record<string, unknown>)[key];
  }
  return current;
}

function assign(target: Record<string, unknown>, path: readonly string[], value: unknown): void {
  let current = target;
  for (const key of path.slice(0, -1)) {
    current[key] ??= {};
    current = current[key] as Record<string, unknown>;
  }
  const last = path.at(-1);
  if (last !== undefined) current[last] = value;
}
