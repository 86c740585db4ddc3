import { existsSync, readFileSync } from 'node:fs';
import { coerce, isSecret, type Leaf, leavesOf, redacted, unknownKeys } from '@kso/kit';
import { fail } from '../errors.ts';
import { configFilePlaces, type FilePlaces, readConfigFile } from './file.ts';
import { isTree, legacyLeaves, modernise, put, type Tree, valueAt, withoutEffect } from './old-spellings.ts';
import { type InventoryConfig, inventorySchema } from './schema.ts';

export interface LoadInventoryOptions extends FilePlaces {
  /** `--config`; it has to be readable. */
  readonly file?: string | undefined;
  /** Flags that were given, by dotted key. */
  readonly flags?: Readonly<Record<string, unknown>>;
}

export interface LoadedInventoryConfig {
  readonly config: InventoryConfig;
  readonly file: string | undefined;
  readonly warnings: readonly string[];
  /** Each setting with the place that it is from (`flag`, `env NAME`, `file`, `default`); secrets redacted. */
  readonly effective: readonly { readonly key: string; readonly value: unknown; readonly origin: string }[];
}

/** The newer one wins. */
const prefixes = ['ANCHORE_K8S_INVENTORY', 'KAI'];
const leaves = leavesOf(inventorySchema, isSecret);

/** Flags > environment > file > defaults, for files and variables of both generations. @throws INVENTORY_CONFIG_INVALID, INVENTORY_FILE_UNUSABLE */
export function loadInventoryConfig(options: LoadInventoryOptions): LoadedInventoryConfig {
  const file = options.file ?? configFilePlaces(options).find((place) => existsSync(place));
  const problems: string[] = [];
  const warnings: string[] = [];
  const fromFile = file === undefined ? {} : fileSettings(file, warnings);
  const { tree: fromEnv, names } = environmentSettings(options.env, problems, warnings);
  const fromFlags: Tree = {};
  for (const [key, value] of Object.entries(options.flags ?? {})) put(fromFlags, key.split('.'), value);
  warnings.push(...modernise(fromFlags));

  expandReferences(fromFile, fromEnv, options.env, problems);
  const merged = [fromFile, fromEnv, fromFlags].reduce<Tree>(overlay, {});
  const parsed = inventorySchema.safeParse(merged);
  if (!parsed.success)
    problems.push(...parsed.error.issues.map(({ path, message }) => `${path.map(String).join('.')}: ${message}`));
  else if (parsed.data.pull.port >= 0 && parsed.data.pull.token.reveal() === '')
    problems.push('pull.token: is needed with pull.port');
  if (problems.length > 0 || !parsed.success) throw fail('INVENTORY_CONFIG_INVALID', { problems });

  const originOf = (leaf: Leaf): string => {
    if (valueAt(fromFlags, leaf.path) !== undefined) return 'flag';
    if (valueAt(fromEnv, leaf.path) !== undefined) return `env ${names.get(leaf.path.join('.')) ?? ''}`;
    return valueAt(fromFile, leaf.path) === undefined ? 'default' : 'file';
  };
  const effective = leaves.map((leaf) => ({
    key: leaf.path.join('.'),
    // Secrets in routes show themselves as redacted.
    value: leaf.secret ? redacted : valueAt(parsed.data, leaf.path),
    origin: originOf(leaf),
  }));
  return { config: parsed.data, file, warnings, effective };
}

function fileSettings(file: string, warnings: string[]): Tree {
  const tree = readConfigFile(file);
  warnings.push(...modernise(tree));
  for (const { path } of unknownKeys(inventorySchema, tree)) {
    const key = path.join('.');
    if (withoutEffect.has(key)) warnings.push(`${key}: has no effect`);
    else warnings.push(`${key}: unknown key in ${file}`);
  }
  for (const { path, kind } of leaves) {
    const value = valueAt(tree, path);
    if (typeof value === 'string' && kind !== 'text') put(tree, path, coerce(value, kind));
  }
  return tree;
}

function environmentSettings(env: FilePlaces['env'], problems: string[], warnings: string[]) {
  const tree: Tree = {};
  const names = new Map<string, string>();
  for (const { path, kind, secret } of [...legacyLeaves.map((leaf) => ({ ...leaf, secret: false })), ...leaves]) {
    const found = variables(path).find((name) => (env[name] ?? '') !== '');
    if (found !== undefined) {
      put(tree, path, coerce(env[found] ?? '', kind));
      names.set(path.join('.'), found);
      continue;
    }
    const fileVariable = secret
      ? variables(path)
          .map((name) => `${name}_FILE`)
          .find((name) => (env[name] ?? '') !== '')
      : undefined;
    if (fileVariable === undefined) continue;
    const text = readSecret(env[fileVariable] ?? '');
    if (text === undefined) problems.push(`${fileVariable}: the file cannot be read`);
    else put(tree, path, text);
    names.set(path.join('.'), fileVariable);
  }
  warnings.push(...modernise(tree));
  return { tree, names };
}

function variables(path: readonly string[]): string[] {
  const name = path.join('_').replaceAll('-', '_').toUpperCase();
  return prefixes.map((prefix) => `${prefix}_${name}`);
}

function readSecret(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return undefined;
  }
}

function overlay(below: Tree, above: Tree): Tree {
  const merged: Tree = { ...below };
  for (const [key, value] of Object.entries(above)) {
    const under = merged[key];
    merged[key] = isTree(under) && isTree(value) ? overlay(under, value) : value;
  }
  return merged;
}

/** In files, `$NAME` and `${NAME}` as the whole of a secret stand for a variable: files of the predecessors have that as a placeholder. */
function expandReferences(tree: Tree, above: Tree, env: FilePlaces['env'], problems: string[]): void {
  const routes = valueAt(tree, ['account-routes']);
  const inRoutes = isTree(routes)
    ? Object.keys(routes).flatMap((account) => [
        ['account-routes', account, 'user'],
        ['account-routes', account, 'password'],
      ])
    : [];
  for (const path of [...leaves.filter(({ secret }) => secret).map((leaf) => leaf.path), ...inRoutes]) {
    const value = valueAt(tree, path);
    const name = typeof value === 'string' ? /^\$(?:\{(\w+)\}|(\w+))$/.exec(value) : null;
    if (name === null || valueAt(above, path) !== undefined) continue;
    const variable = name[1] ?? name[2] ?? '';
    const found = env[variable];
    // A file may name the variable of the very key: a placeholder, which may be empty.
    if (found === undefined && variables(path).includes(variable)) put(tree, path, '');
    else if (found === undefined) problems.push(`${path.join('.')}: the variable ${variable} is not set`);
    else put(tree, path, found);
  }
}
