import type { PolicyEngine } from '@kso/engines';
import type { ResourceResult } from '@kso/wire';

/** Which namespaces a report is about; if some are included, the excluded ones do not matter. */
export interface NamespaceChoice {
  readonly includeNamespaces?: readonly string[] | undefined;
  readonly excludedNamespaces?: readonly string[] | undefined;
}

/** Whether a result belongs to the choice; undefined when every namespace is wanted. Cluster-scoped objects belong to every choice. */
export function namespaceFilter(
  { includeNamespaces, excludedNamespaces }: NamespaceChoice,
  engine: PolicyEngine,
): ((result: ResourceResult) => boolean) | undefined {
  const included = new Set(includeNamespaces);
  const excluded = new Set(excludedNamespaces);
  if (included.size > 0) {
    return (result) => {
      const namespace = namespaceOf(result, engine);
      return namespace === '' || included.has(namespace);
    };
  }
  return excluded.size === 0 ? undefined : (result) => !excluded.has(namespaceOf(result, engine));
}

function namespaceOf({ kind, name, resourceId }: ResourceResult, engine: PolicyEngine): string {
  return kind === 'Namespace' ? name : (engine.resource(resourceId)?.namespace ?? '');
}

export function isSameChoice(a: NamespaceChoice, b: NamespaceChoice): boolean {
  return textOf(a) === textOf(b);
}

function textOf({ includeNamespaces = [], excludedNamespaces = [] }: NamespaceChoice): string {
  const isIncluding = includeNamespaces.length > 0;
  return JSON.stringify([isIncluding, [...new Set(isIncluding ? includeNamespaces : excludedNamespaces)].toSorted()]);
}
