/** A configuration as read: nested plain values. */
export type Tree = Record<string, unknown>;

/** Keys of older files, charts and documents, and what they are called now. */
const renamed: Readonly<Record<string, string>> = {
  'account-route-by-namespace-label.ignore-namespace-missing-label':
    'account-route-by-namespace-label.ignore-missing-label',
  ...Object.fromEntries(
    ['nodes', 'namespaces', 'pods'].flatMap((kind) =>
      ['annotations', 'labels'].map((what) => [
        `metadata-collection.${kind}.${what}`,
        `metadata-collection.${kind}.include-${what}`,
      ]),
    ),
  ),
};

/** Read and without effect, as in the tools that they are from. */
export const withoutEffect: ReadonlySet<string> = new Set(['check-for-app-update', 'dev.profile-cpu', 'dev']);

/** Keys of older files that the schema does not have, for variables; the old time limit has the same variable as the new one. */
export const legacyLeaves = [
  { path: ['namespaces'], kind: 'list' },
  ...Object.keys(renamed).map((key) => ({
    path: key.split('.'),
    kind: key.startsWith('metadata') ? ('list' as const) : ('boolean' as const),
  })),
] as const satisfies readonly { path: readonly string[]; kind: 'list' | 'boolean' }[];

/**
 * Moves old spellings to their new places, in each source of settings by itself: where both stand the new one counts. Gives the
 * warnings.
 */
export function modernise(tree: Tree): string[] {
  const warnings: string[] = [];
  for (const [old, now] of Object.entries(renamed)) {
    const value = take(tree, old.split('.'));
    if (value === undefined) continue;
    warnings.push(`${old}: is spelled ${now} now`);
    putIfAbsent(tree, now.split('.'), value);
  }
  const timeout = take(tree, ['kubernetes-request-timeout-seconds']);
  if (timeout !== undefined) {
    warnings.push('kubernetes-request-timeout-seconds: is spelled kubernetes.request-timeout-seconds now');
    // It wins over the new one, as it did; −1 stood for "not set".
    if (Number(timeout) > 0) put(tree, ['kubernetes', 'request-timeout-seconds'], timeout);
  }
  const namespaces = take(tree, ['namespaces']);
  if (Array.isArray(namespaces)) {
    warnings.push('namespaces: is spelled namespace-selectors.include now');
    const included = valueAt(tree, ['namespace-selectors', 'include']);
    const isEmpty = !Array.isArray(included) || included.length === 0;
    // `all` is said too: it counts over names in a source below.
    if (isEmpty) put(tree, ['namespace-selectors', 'include'], namespaces.includes('all') ? [] : namespaces);
  }
  return warnings;
}

export function valueAt(tree: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((at, key) => (isTree(at) && Object.hasOwn(at, key) ? at[key] : undefined), tree);
}

export function put(tree: Tree, path: readonly string[], value: unknown): void {
  const [key = '', ...rest] = path;
  if (rest.length === 0) tree[key] = value;
  else {
    const inner = Object.hasOwn(tree, key) ? tree[key] : undefined;
    const child: Tree = isTree(inner) ? inner : {};
    tree[key] = child;
    put(child, rest, value);
  }
}

export function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function putIfAbsent(tree: Tree, path: readonly string[], value: unknown): void {
  if (valueAt(tree, path) === undefined) put(tree, path, value);
}

function take(tree: Tree, path: readonly string[]): unknown {
  const parent = valueAt(tree, path.slice(0, -1));
  const key = path.at(-1) ?? '';
  if (!isTree(parent) || !Object.hasOwn(parent, key)) return undefined;
  const value = parent[key];
  delete parent[key];
  return value;
}
