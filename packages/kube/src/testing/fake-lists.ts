import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import type { KubeObject } from '@kso/wire';
import type { ApiPath } from './fake-paths.ts';
import { matches, unknownField } from './fake-selectors.ts';
import type { FakeStore } from './fake-store.ts';
import { sendJson, sendStatus } from './fake-wire.ts';

/** Lists with pages of one snapshot, as etcd gives them. */
export interface FakeLists {
  answer(path: ApiPath, query: URLSearchParams, response: ServerResponse): void;
  /** Forgets the snapshots behind the continue tokens. */
  expire(): void;
}

interface Snapshot {
  readonly version: number;
  readonly rest: readonly KubeObject[];
}

export function createFakeLists(store: FakeStore): FakeLists {
  const snapshots = new Map<string, Snapshot>();

  return {
    answer: (path, query, response) => {
      const unknown = unknownField(query);
      if (unknown !== undefined) {
        sendStatus(response, 400, `field label not supported: ${unknown}`);
        return;
      }
      const token = query.get('continue');
      const snapshot = token === null ? fresh(store, path, query) : snapshots.get(token);
      if (snapshot === undefined) {
        sendStatus(response, 410, 'The provided continue parameter is too old to display a consistent list result');
        return;
      }
      const limit = Number(query.get('limit') ?? 0) || Number.POSITIVE_INFINITY;
      const items = snapshot.rest.slice(0, limit);
      const rest = snapshot.rest.slice(items.length);
      const next = rest.length === 0 ? undefined : randomUUID();
      if (next !== undefined) snapshots.set(next, { version: snapshot.version, rest });
      sendJson(response, 200, {
        kind: `${path.resource.kind}List`,
        apiVersion: path.resource.version,
        metadata: {
          resourceVersion: String(snapshot.version),
          ...(next === undefined ? {} : { continue: next, remainingItemCount: rest.length }),
        },
        // Items of lists carry neither kind nor version.
        items: items.map(({ apiVersion: _version, kind: _kind, ...item }) => item),
      });
    },
    expire: () => snapshots.clear(),
  };
}

function fresh(store: FakeStore, path: ApiPath, query: URLSearchParams): Snapshot {
  return { version: store.version, rest: store.list(path.collection).filter((object) => matches(object, path, query)) };
}
