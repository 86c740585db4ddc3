import type { ApiResource } from '../api/resource.ts';
import type { ResourceApi } from '../api/resource-api.ts';
import type { Change, KnownObjects } from './known-objects.ts';

export type ListAllResult =
  /** `resourceVersion` is where a watch has to begin. */
  | { readonly outcome: 'complete'; readonly resourceVersion: string }
  | { readonly outcome: 'forbidden' | 'notServed' | 'invalid'; readonly detail: string }
  | { readonly outcome: 'unavailable'; readonly detail: string; readonly retryAfterMs?: number };

export interface ListAllOptions {
  readonly pageSize: number;
  readonly signal: AbortSignal;
}

export interface ListAllObserver {
  /** The difference to what is known, page by page; what has gone comes after the last page. */
  onChanges(changes: readonly Change[]): void;
  onPage(malformed: number): void;
}

/** How often a list may lose its continue token before it counts as a failure and is retried with a wait. */
const maxRestarts = 4;

/**
 * Lists a kind in pages, of which one at a time is in memory. An expired continue token begins the list anew with larger pages
 * (B15): nothing is emitted twice, because the difference to what is known is emitted.
 */
export async function listAll(
  resources: ResourceApi,
  resource: ApiResource,
  options: ListAllOptions,
  known: KnownObjects,
  observer: ListAllObserver,
): Promise<ListAllResult> {
  let limit = options.pageSize;
  let continueToken: string | undefined;
  let restarts = 0;
  known.beginList();
  for (;;) {
    const page = await resources.list(resource, { limit, continueToken, signal: options.signal });
    switch (page.outcome) {
      case 'page':
        observer.onPage(page.malformed);
        for (const item of page.items) observer.onChanges(known.present(item, resource));
        if (page.continueToken === undefined) {
          observer.onChanges(known.endList(resource));
          return { outcome: 'complete', resourceVersion: page.resourceVersion };
        }
        continueToken = page.continueToken;
        break;
      case 'expired':
        restarts += 1;
        if (restarts > maxRestarts) return { outcome: 'unavailable', detail: page.detail };
        limit *= 2;
        continueToken = undefined;
        known.beginList();
        break;
      case 'tooLarge':
        if (limit === 1) return { outcome: 'invalid', detail: page.detail };
        limit = Math.max(1, Math.floor(limit / 4));
        break;
      case 'notFound':
        return { outcome: 'notServed', detail: page.detail };
      case 'forbidden':
        return { outcome: 'forbidden', detail: page.detail };
      case 'unavailable':
        return page;
    }
  }
}
