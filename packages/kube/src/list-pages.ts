import type { Clock } from '@kso/kit';
import { backoffDelay } from '@kso/kit';
import type { GroupKind, KubeObject } from '@kso/wire';
import type { Discovery } from './api/discovery.ts';
import { kindLabel, resourcePath } from './api/resource.ts';
import type { ResourceApi } from './api/resource-api.ts';
import { fail } from './errors.ts';

/** Which objects of a kind; selectors as maps, every entry has to match. */
export interface ListFilter {
  readonly namespace?: string | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
  readonly fields?: Readonly<Record<string, string>> | undefined;
  readonly pageSize?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

interface Ports {
  readonly discovery: Discovery;
  readonly resources: ResourceApi;
  readonly clock: Clock;
}

const defaultPageSize = 500;
const maxAttempts = 5;
const maxRestarts = 8;

/** See {@link KubeClient.list}. Throttling and short outages are waited out a few times. */
export async function* listPages(
  ports: Ports,
  kind: GroupKind,
  filter: ListFilter,
): AsyncGenerator<readonly KubeObject[], void, undefined> {
  const { signal } = filter;
  const resolved = await ports.discovery.resolve(kind, signal);
  if (resolved.outcome === 'notServed') throw refused(kindLabel(kind), resolved.detail, 404);
  const { resource } = resolved;
  const path = resourcePath(resource, filter.namespace);
  const given = new Set<string>();
  let limit = filter.pageSize ?? defaultPageSize;
  let continueToken: string | undefined;

  let restarts = 0;
  for (let attempt = 0; ; ) {
    const page = await ports.resources.list(resource, {
      namespace: filter.namespace,
      labelSelector: selectorOf(filter.labels),
      fieldSelector: selectorOf(filter.fields),
      limit,
      continueToken,
      signal,
    });
    switch (page.outcome) {
      case 'page': {
        attempt = 0;
        const fresh = page.items.filter((item) => isNew(given, item));
        if (fresh.length > 0) yield fresh;
        if (page.continueToken === undefined) return;
        continueToken = page.continueToken;
        break;
      }
      case 'expired':
        // From the start, in larger steps, so that this time the list ends before the token does.
        restarts += 1;
        if (restarts > maxRestarts) throw refused(path, page.detail, 410);
        continueToken = undefined;
        limit *= 2;
        break;
      case 'tooLarge':
        if (limit === 1) throw refused(path, page.detail, 200);
        limit = Math.max(1, Math.floor(limit / 4));
        break;
      case 'unavailable':
        attempt += 1;
        if (attempt >= attemptsAfter(page.status)) throw refused(path, page.detail, page.status);
        await ports.clock.sleep(backoffDelay(attempt, { baseMs: 500, maxMs: 10_000 }), signal);
        break;
      case 'forbidden':
        throw refused(path, page.detail, 403);
      case 'notFound':
        throw refused(path, page.detail, 404);
    }
  }
}

/** Of 4xx only those that say "not now" are worth another: a selector that the server does not understand, say, is not. */
function attemptsAfter(status = 503): number {
  return status >= 500 || [408, 425, 429].includes(status) ? maxAttempts : 1;
}

/** The name is enough: an object that was made anew under the same name in the meantime is seen next time. */
function isNew(given: Set<string>, { metadata }: KubeObject): boolean {
  const key = `${metadata.namespace ?? ''}/${metadata.name}`;
  if (given.has(key)) return false;
  given.add(key);
  return true;
}

/** Sorted, so that equal filters make equal requests. */
export function selectorOf(labels: Readonly<Record<string, string>> | undefined): string | undefined {
  const pairs = Object.entries(labels ?? {}).map(([key, value]) => `${key}=${value}`);
  return pairs.length === 0 ? undefined : pairs.toSorted().join(',');
}

function refused(path: string, detail: string, status = 503) {
  return fail('KUBE_API', { method: 'LIST', path, status, detail });
}
