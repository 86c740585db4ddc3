import type { Logger } from '@kso/kit';
import type { KubeClient } from '@kso/kube';
import type { KubeObject } from '@kso/wire';
import type { CollectSettings } from '../config/settings.ts';
import { fail } from '../errors.ts';
import type { Gap } from '../model.ts';
import { gapOf, statusOf } from './gaps.ts';

export interface SelectedNamespaces {
  readonly namespaces: readonly KubeObject[];
  readonly gaps: readonly Gap[];
}

const namespaceKind = { group: '', kind: 'Namespace' };

/**
 * The namespaces to look into (inventory.md 6.1). Who may not list them can still name them in `include`. A list that failed is never
 * taken for an empty cluster. @throws NAMESPACES_UNREADABLE
 */
export async function selectNamespaces(
  client: KubeClient,
  settings: CollectSettings,
  ports: { readonly logger: Logger; readonly signal: AbortSignal },
): Promise<SelectedNamespaces> {
  const { include, excludes, namespaceLabels } = settings;
  const found: KubeObject[] = [];
  try {
    const filter = { labels: namespaceLabels, pageSize: settings.pageSize, signal: ports.signal };
    for await (const page of client.list(namespaceKind, filter)) found.push(...page);
  } catch (error) {
    if (statusOf(error) !== 403 || include.length === 0)
      throw fail('NAMESPACES_UNREADABLE', { reason: 'the namespaces cannot be listed' }, error);
    return getEach(client, settings, ports.signal);
  }
  const byName = new Map(found.map((namespace) => [namespace.metadata.name, namespace]));
  const names = include.length === 0 ? [...byName.keys()].toSorted() : [...new Set(include)];
  const unknown = names.filter((name) => !byName.has(name));
  // A name that is written wrong must not say to the receiver that nothing runs.
  if (unknown.length > 0 && unknown.length === names.length)
    throw fail('NAMESPACES_UNREADABLE', { reason: 'none of the included namespaces exists' });
  if (unknown.length > 0) ports.logger.warn({ namespaces: unknown }, 'included namespaces do not exist');
  return {
    namespaces: names.flatMap((name) => byName.get(name) ?? []).filter(({ metadata }) => !excludes(metadata.name)),
    gaps: [],
  };
}

async function getEach(
  client: KubeClient,
  settings: CollectSettings,
  signal: AbortSignal,
): Promise<SelectedNamespaces> {
  const namespaces: KubeObject[] = [];
  const gaps: Gap[] = [];
  for (const name of new Set(settings.include)) {
    if (settings.excludes(name)) continue;
    try {
      const result = await client.get(namespaceKind, undefined, name, signal);
      if (result.outcome === 'found') {
        if (hasLabels(result.object, settings.namespaceLabels)) namespaces.push(result.object);
      } else {
        const reason = result.outcome === 'notFound' ? 'vanished' : 'not permitted';
        gaps.push({ kind: 'namespaces', namespace: name, reason, detail: result.detail });
      }
    } catch (error) {
      signal.throwIfAborted();
      gaps.push(gapOf('namespaces', error, name));
    }
  }
  if (namespaces.length === 0 && gaps.some(({ reason }) => reason !== 'vanished'))
    throw fail('NAMESPACES_UNREADABLE', { reason: 'none of the included namespaces can be read' });
  return { namespaces, gaps };
}

function hasLabels({ metadata }: KubeObject, wanted: Readonly<Record<string, string>>): boolean {
  return Object.entries(wanted).every(([key, value]) => metadata.labels?.[key] === value);
}
