import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { load } from 'js-yaml';
import { fail } from '../errors.ts';
import { isTree, type Tree } from './old-spellings.ts';

export interface FilePlaces {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly home: string;
}

const applications = ['anchore-k8s-inventory', 'kai'];
const endings = ['yaml', 'yml', 'json'];
const maxBytes = 1024 * 1024;

/** Where a configuration file is looked for, the first that is there is read (docs/inventory.md). */
export function configFilePlaces({ env, cwd, home }: FilePlaces): string[] {
  const dirs = (env['XDG_CONFIG_DIRS'] || '/etc/xdg').split(path.delimiter).filter((dir) => dir !== '');
  const configHome = env['XDG_CONFIG_HOME'] || path.join(home, '.config');
  return applications.flatMap((app) =>
    [
      path.join(cwd, app),
      path.join(cwd, `.${app}`),
      path.join(cwd, `.${app}`, 'config'),
      path.join(home, `.${app}`),
      path.join(configHome, app, 'config'),
      ...dirs.map((dir) => path.join(dir, app, 'config')),
    ].flatMap((stem) => endings.map((ending) => `${stem}.${ending}`)),
  );
}

/** Keys of a file without regard to case, as its predecessors read them; below `account-routes` the names are somebody's own. */
export function readConfigFile(file: string): Tree {
  let source: string | undefined;
  try {
    source = statSync(file).size > maxBytes ? undefined : readFileSync(file, 'utf8');
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    throw fail('INVENTORY_FILE_UNUSABLE', { file, problem: isMissing ? 'there is no such file' : 'it cannot be read' });
  }
  if (source === undefined) throw fail('INVENTORY_FILE_UNUSABLE', { file, problem: 'it is larger than 1 MiB' });
  if (file.endsWith('.toml')) throw fail('INVENTORY_FILE_UNUSABLE', { file, problem: 'TOML is not read; write YAML' });
  let document: unknown;
  try {
    document = source.trim() === '' ? {} : load(source, { maxAliases: 100 });
  } catch {
    // Not the parser's message: it quotes the text around the error, which may be a password.
    throw fail('INVENTORY_FILE_UNUSABLE', { file, problem: 'it is neither YAML nor JSON' });
  }
  if (!isTree(document)) throw fail('INVENTORY_FILE_UNUSABLE', { file, problem: 'it does not hold keys and values' });
  return lowered(document);
}

/** Without keys that have no value: a chart renders those. */
function lowered(tree: Tree, depth = 0): Tree {
  const entries = Object.entries(tree)
    .filter(([, value]) => value !== null && value !== undefined)
    .map(([key, value]): [string, unknown] => {
      const lower = key.toLowerCase();
      if (!isTree(value)) return [lower, value];
      return [lower, depth === 0 && lower === 'account-routes' ? routesOf(value) : lowered(value, depth + 1)];
    });
  return Object.fromEntries(entries);
}

function routesOf(routes: Tree): Tree {
  return Object.fromEntries(
    Object.entries(routes).map(([account, route]) => [account, isTree(route) ? lowered(route, 1) : route]),
  );
}
