import { join } from 'node:path';
import { createPoster, type Poster } from '@kso/delivery';
import { openSqliteStore, type Store } from '@kso/store';
import { portsOf, type WorkingContext } from './context.ts';

export interface StoreWithPoster {
  readonly store: Store;
  readonly poster: Poster;
}

/** The store of a part, with the poster that carries its reports to the CloudEndpoint. Both close after the part. */
export function openOutbox(context: WorkingContext, service: string): StoreWithPoster {
  const { config, folders, stack, endpointUrl } = context;
  const store = openSqliteStore({ path: join(folders.target, `${service}.db`) });
  stack.onUnwind(() => store.close());
  const poster = createPoster({
    ...portsOf(context, service),
    service,
    outbox: store.outbox,
    target: {
      url: endpointUrl,
      ...(config.account === '' ? {} : { account: config.account }),
      ...(config.accessKey === undefined ? {} : { accessKey: config.accessKey.reveal() }),
    },
  });
  poster.start();
  stack.onUnwind(() => poster.stop());
  return { store, poster };
}
