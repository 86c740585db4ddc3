import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import { load } from 'js-yaml';
import { fail } from '../errors.ts';
import { Kubeconfig, type KubeconfigCluster, type KubeconfigUser } from './kubeconfig-schema.ts';

/** One context, with relative paths made absolute: what {@link kubeconfigConnection} connects with. */
export interface SelectedContext {
  readonly name: string;
  readonly namespace?: string;
  readonly cluster: KubeconfigCluster;
  readonly user: KubeconfigUser;
  readonly userName: string;
  /** The file that holds the user: relative commands of exec plugins start there. */
  readonly userFolder: string;
  /** All files that were merged, for loaders that want to read them themselves. */
  readonly files: readonly string[];
}

interface Placed<T> {
  readonly value: T;
  readonly folder: string;
}

export interface KubeconfigOptions {
  readonly env: NodeJS.ProcessEnv;
  /** One file that must exist; otherwise `KUBECONFIG`, otherwise `~/.kube/config`. */
  readonly file?: string;
  /** Default: `current-context`. */
  readonly context?: string;
  readonly home?: string;
}

/** Places where a kubeconfig is looked for, first hit wins for each entry. */
export function kubeconfigFiles({ env, file, home = homedir() }: KubeconfigOptions): string[] {
  if (file !== undefined) return [file];
  const listed = (env['KUBECONFIG'] ?? '').split(path.delimiter).filter((entry) => entry !== '');
  return listed.length > 0 ? [...new Set(listed)] : [path.join(home, '.kube', 'config')];
}

/**
 * Reads and merges the kubeconfig files as kubectl does: the first file that names an entry or the current context wins, missing
 * files of a list are skipped. Undefined when there is no file at all.
 * @throws KUBECONFIG_INVALID
 */
export async function selectContext(options: KubeconfigOptions): Promise<SelectedContext | undefined> {
  const files = kubeconfigFiles(options).map((file) => path.resolve(file));
  const parsed: { readonly file: string; readonly config: Kubeconfig }[] = [];
  for (const file of files) {
    const config = await readKubeconfig(file, options.file !== undefined);
    if (config !== undefined) parsed.push({ file, config });
  }
  if (parsed.length === 0) return undefined;

  const read = parsed.map(({ file }) => file);
  const find = <T>(pick: (config: Kubeconfig) => T | undefined): Placed<T> | undefined => {
    for (const { file, config } of parsed) {
      const value = pick(config);
      if (value !== undefined) return { value, folder: path.dirname(file) };
    }
    return undefined;
  };
  const refuse = (reason: string) => fail('KUBECONFIG_INVALID', { file: read.join(path.delimiter), reason });

  const name = options.context ?? find((config) => config['current-context'])?.value;
  if (name === undefined) throw refuse('it names no current context');
  const context = find((config) => config.contexts.get(name))?.value;
  if (context === undefined) throw refuse(`there is no context ${name}`);
  const cluster = find((config) => config.clusters.get(context.cluster));
  if (cluster === undefined) throw refuse(`context ${name} names the unknown cluster ${context.cluster}`);
  const user = context.user === '' ? anonymous : find((config) => config.users.get(context.user));
  if (user === undefined) throw refuse(`context ${name} names the unknown user ${context.user}`);

  return {
    name,
    ...(context.namespace === undefined ? {} : { namespace: context.namespace }),
    cluster: withAbsolutePaths(cluster, ['certificate-authority']),
    user: withAbsolutePaths(user, ['client-certificate', 'client-key', 'tokenFile']),
    userName: context.user,
    userFolder: user.folder,
    files: read,
  };
}

const anonymous: Placed<KubeconfigUser> = { value: {}, folder: '.' };

async function readKubeconfig(file: string, mustExist: boolean): Promise<Kubeconfig | undefined> {
  let source: string;
  try {
    source = await readFile(file, 'utf8');
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    if (isMissing && !mustExist) return undefined;
    throw fail(
      'KUBECONFIG_INVALID',
      { file, reason: isMissing ? 'there is no such file' : 'it cannot be read' },
      error,
    );
  }
  if (source.trim() === '') return undefined;
  let document: unknown;
  try {
    document = load(source, { maxAliases: 100 });
  } catch {
    // Neither the message nor the cause of the parser: both quote the text around the error, which may be a key.
    throw fail('KUBECONFIG_INVALID', { file, reason: 'it is not YAML' });
  }
  const result = Kubeconfig.safeParse(document);
  if (result.success) return result.data;
  const reason = result.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ');
  throw fail('KUBECONFIG_INVALID', { file, reason });
}

function withAbsolutePaths<T extends object>({ value, folder }: Placed<T>, keys: readonly (keyof T)[]): T {
  const copy = { ...value };
  for (const key of keys) {
    const entry = copy[key];
    if (typeof entry === 'string') copy[key] = path.resolve(folder, entry) as T[keyof T];
  }
  return copy;
}
