import type { ServerResponse } from 'node:http';
import type { ApiPath } from './fake-paths.ts';
import { matches } from './fake-selectors.ts';
import type { FakeStore, StoredEvent } from './fake-store.ts';
import { statusObject } from './fake-wire.ts';

export interface FakeWatches {
  open(path: ApiPath, query: URLSearchParams, response: ServerResponse): void;
  close(how: 'end' | 'reset'): void;
  closeEachAfter(ms: number | undefined): void;
  bookmark(): void;
  raw(text: string): void;
  mute(on: boolean): void;
  opened(count: number): Promise<void>;
  stop(): void;
}

interface Watch {
  readonly path: ApiPath;
  readonly query: URLSearchParams;
  readonly response: ServerResponse;
  /** Set when the connection was black-holed: it stays so. */
  muted: boolean;
}

export function createFakeWatches(store: FakeStore): FakeWatches {
  const watches = new Set<Watch>();
  const observers = new Set<() => void>();
  let closeAfterMs: number | undefined;

  const send = (watch: Watch, text: string) => {
    if (!watch.muted) watch.response.write(text);
  };
  const deliver = (watch: Watch, event: StoredEvent) => {
    if (event.collection !== watch.path.collection || !matches(event.object, watch.path, watch.query)) return;
    send(watch, `${JSON.stringify({ type: event.type, object: event.object })}\n`);
  };
  const finish = (watch: Watch) => {
    watches.delete(watch);
    watch.response.end();
  };
  const unsubscribe = store.onEvent((event) => {
    for (const watch of watches) deliver(watch, event);
  });

  return {
    open: (path, query, response) => {
      const from = Number(query.get('resourceVersion') ?? 0);
      response.writeHead(200, { 'content-type': 'application/json' }).flushHeaders();
      if (from < store.compactedVersion) {
        // The head is sent before the server knows: "too old" comes as an event.
        response.end(`${JSON.stringify({ type: 'ERROR', object: statusObject(410, 'too old resource version') })}\n`);
        return;
      }
      const watch: Watch = { path, query, response, muted: false };
      watches.add(watch);
      const timer = closeAfterMs === undefined ? undefined : setTimeout(() => finish(watch), closeAfterMs);
      response.once('close', () => {
        watches.delete(watch);
        clearTimeout(timer);
      });
      for (const event of store.since(path.collection, from)) deliver(watch, event);
      for (const observer of observers) observer();
    },
    close: (how) => {
      for (const watch of watches) {
        watches.delete(watch);
        if (how === 'end') watch.response.end();
        else watch.response.destroy();
      }
    },
    closeEachAfter: (ms) => {
      closeAfterMs = ms;
    },
    bookmark: () => {
      for (const watch of watches) {
        if (watch.query.get('allowWatchBookmarks') !== 'true') continue;
        const object = { kind: watch.path.resource.kind, metadata: { resourceVersion: String(store.version) } };
        send(watch, `${JSON.stringify({ type: 'BOOKMARK', object })}\n`);
      }
    },
    raw: (text) => {
      for (const watch of watches) send(watch, text);
    },
    mute: (on) => {
      if (on) for (const watch of watches) watch.muted = true;
    },
    opened: (count) =>
      new Promise((resolve) => {
        const check = () => {
          if ([...watches].filter(({ muted }) => !muted).length < count) return;
          observers.delete(check);
          resolve();
        };
        observers.add(check);
        check();
      }),
    stop: () => {
      unsubscribe();
      for (const { response } of watches) response.destroy();
    },
  };
}
