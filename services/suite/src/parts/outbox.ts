import { join } from 'node:path';
import { createPoster, type Poster } from '@kso/delivery';
import { openSqliteStore, type Store } from '@kso/store';
import type { Backend } from './backend.ts';
import { portsOf, type WorkingContext } from './context.ts';

export interface StoreWithPoster {
  readonly store: Store;
  readonly poster: Poster;
}

/** The store of a part, with the poster that carries its reports to the CloudEndpoint. Both close after the part. */
export function openOutbox(context: WorkingContext, service: string): StoreWithPoster {
  const { config, folders, stack, backend } = context;
  const store = openSqliteStore({ path: join(folders.target, `${service}.db`) });
  stack.onUnwind(() => store.close());
  const posterTo = (url: string): Poster =>
    createPoster({
      ...portsOf(context, service),
      service,
      outbox: store.outbox,
      target: {
        url,
        ...(config.account === '' ? {} : { account: config.account }),
        ...(config.accessKey === undefined ? {} : { accessKey: config.accessKey.reveal() }),
      },
    });
  const poster = followingPoster(backend, posterTo);
  poster.start();
  stack.onUnwind(() => poster.stop());
  return { store, poster };
}

/** Posts where the backend is at present. What is under way when it moves ends at the old address; the rest waits for the new one. */
function followingPoster(backend: Backend, posterTo: (url: string) => Poster): Poster {
  let current = posterTo(backend.reportUrl());
  let moving: Promise<void> = Promise.resolve();
  let isStopped = false;
  const move = async (before: Promise<void>, url: string): Promise<void> => {
    await before;
    await current.stop();
    if (isStopped) return;
    current = posterTo(url);
    current.start();
  };
  backend.onMoved((url) => {
    moving = move(moving, url);
  });
  return {
    start: () => current.start(),
    wake: () => current.wake(),
    idle: (signal) => current.idle(signal),
    stop: async () => {
      isStopped = true;
      await moving;
      await current.stop();
    },
  };
}
