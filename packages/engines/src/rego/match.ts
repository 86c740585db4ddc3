import { kindName, kinds } from '@kso/controls';
import type { GroupKind, KubeObject, RuleMatchDocument } from '@kso/wire';

/** Kinds from outside the API that rules ask for and that no control of our own reads. */
const externalKinds: readonly GroupKind[] = [
  ...['CloudProviderInfo', 'LinuxKernelVariables', 'OpenPortsList', 'OsReleaseFile', 'KernelVersion'].map((kind) => ({
    group: 'hostdata.kubescape.cloud',
    kind,
  })),
  { group: 'hostdata.kubescape.cloud', kind: 'LinuxSecurityHardeningStatus' },
];

const knownKinds: readonly GroupKind[] = [...Object.values(kinds), ...externalKinds];

/**
 * The kinds that a rule wants. Names come in the singular or plural and in any case (scanner.md 6). Versions are left aside: a source
 * gives each object once, in the version that it prefers, and a rule that wants another one would silently see nothing.
 */
export function kindsOf(entries: readonly RuleMatchDocument[]): GroupKind[] {
  const found = new Map<string, GroupKind>();
  for (const { apiGroups, resources } of entries)
    for (const resource of resources)
      for (const kind of kindsNamed(resource, apiGroups)) found.set(kindName(kind), kind);
  return [...found.values()];
}

function kindsNamed(resource: string, groups: readonly string[]): GroupKind[] {
  const anyGroup = groups.includes('*');
  const named = resource === '*' ? knownKinds : knownKinds.filter(({ kind }) => isNamed(kind, resource));
  const fitting = named.filter(({ group }) => anyGroup || groups.includes(group));
  if (resource === '*') return fitting;
  const others = groups.filter((group) => group !== '*' && !fitting.some((kind) => kind.group === group));
  // A kind that we have never heard of, as it is written: custom resources.
  return [...fitting, ...others.map((group) => ({ group, kind: named[0]?.kind ?? resource }))];
}

function isNamed(kind: string, resource: string): boolean {
  const [own, asked] = [kind.toLowerCase(), resource.toLowerCase()];
  return own === asked || `${own}s` === asked || `${own}es` === asked || own.replace(/y$/, 'ies') === asked;
}

/** Whether an object passes the field selectors of the entries that name its kind. */
export function isSelected(object: KubeObject, kind: string, entries: readonly RuleMatchDocument[]): boolean {
  const naming = entries.filter((entry) => kindsOf([entry]).some((one) => kindName(one) === kind));
  return naming.some(({ fieldSelector }) => fieldSelector.every((selector) => selects(selector, object)));
}

/** `metadata.name==kube-root-ca.crt,metadata.namespace!=x`; something else selects nothing away. */
function selects(selector: string, object: KubeObject): boolean {
  return selector.split(',').every((term) => {
    const [, path = '', operator, wanted = ''] = /^\s*([\w.]+)\s*(==?|!=)\s*(\S*)\s*$/.exec(term) ?? [];
    if (operator === undefined) return true;
    return (fieldOf(object, path) === wanted) === (operator !== '!=');
  });
}

function fieldOf(object: KubeObject, path: string): string {
  let value: unknown = object;
  for (const key of path.split('.')) {
    const isObject = typeof value === 'object' && value !== null && Object.hasOwn(value, key);
    value = isObject ? (value as Record<string, unknown>)[key] : undefined;
  }
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
}

/** The kind behind a `kindName`. */
export function groupKindOf(name: string): GroupKind {
  const slash = name.lastIndexOf('/');
  return slash < 0 ? { group: '', kind: name } : { group: name.slice(0, slash), kind: name.slice(slash + 1) };
}
