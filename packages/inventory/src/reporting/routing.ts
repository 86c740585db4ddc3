import type { RoutingSettings } from '../config/settings.ts';
import type { NamespaceInventory } from '../model.ts';

export interface Routed {
  /** Namespaces by account, in their order. */
  readonly accounts: ReadonlyMap<string, readonly NamespaceInventory[]>;
  /** Namespaces that several routes claim: reported to each of those accounts. */
  readonly shared: readonly string[];
  /** Namespaces that nobody gets. */
  readonly skipped: readonly string[];
}

/**
 * Whose each namespace is (inventory.md 7): a static route, else the account that its label names, else the default account. Labels
 * count as they are in the cluster, whatever of them is shown.
 */
export function routeNamespaces(namespaces: readonly NamespaceInventory[], settings: RoutingSettings): Routed {
  const accounts = new Map<string, NamespaceInventory[]>();
  const shared: string[] = [];
  const skipped: string[] = [];
  // Without routes there is one account, and it is told also of a cluster without namespaces.
  if (settings.routes.length === 0 && settings.label === '') accounts.set(settings.defaultAccount, []);
  for (const namespace of namespaces) {
    const owners = accountsOf(namespace, settings);
    if (owners.length === 0) skipped.push(namespace.name);
    if (owners.length > 1) shared.push(namespace.name);
    for (const owner of owners) {
      const mine = accounts.get(owner) ?? [];
      mine.push(namespace);
      accounts.set(owner, mine);
    }
  }
  return { accounts, shared, skipped };
}

function accountsOf({ name, rawLabels }: NamespaceInventory, settings: RoutingSettings): string[] {
  const routed = settings.routes.filter(({ matches }) => matches(name)).map(({ account }) => account);
  if (routed.length > 0) return routed;
  if (settings.label === '') return [settings.defaultAccount];
  const named = rawLabels[settings.label];
  if (named !== undefined && named !== '') return [named];
  return settings.ignoreMissingLabel ? [] : [settings.defaultAccount];
}
