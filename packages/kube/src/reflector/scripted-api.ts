import type { KubeObject } from '@kso/wire';
import type { ApiResource } from '../api/resource.ts';
import type {
  ListOptions,
  PageResult,
  ResourceApi,
  WatchEvent,
  WatchOptions,
  WatchResult,
} from '../api/resource-api.ts';

/** A watch under way, in the hands of the test. */
export interface ScriptedWatch {
  readonly options: WatchOptions;
  send(...events: WatchEvent[]): void;
  end(): void;
  break(error: Error): void;
}

/** A `ResourceApi` whose answers a test decides, with nothing in between. */
export interface ScriptedApi extends ResourceApi {
  onList: (options: ListOptions) => PageResult;
  /** Undefined: the watch opens and is added to `watches`. */
  onWatch: (options: WatchOptions) => Exclude<WatchResult, { outcome: 'watching' }> | undefined;
  readonly lists: ListOptions[];
  readonly watches: ScriptedWatch[];
}

export function createScriptedApi(): ScriptedApi {
  const lists: ListOptions[] = [];
  const watches: ScriptedWatch[] = [];
  const api: ScriptedApi = {
    lists,
    watches,
    onList: () => page([]),
    onWatch: () => undefined,
    list: async (_resource, options) => {
      lists.push(options);
      return api.onList(options);
    },
    watch: async (_resource, options) => {
      const refusal = api.onWatch(options);
      if (refusal !== undefined) return refusal;
      const stream = new ReadableStream<WatchEvent>({
        start: (controller) => {
          options.signal.addEventListener('abort', () => controller.error(options.signal.reason));
          watches.push({
            options,
            send: (...events) => {
              for (const event of events) controller.enqueue(event);
            },
            end: () => controller.close(),
            break: (error) => controller.error(error),
          });
        },
      });
      return { outcome: 'watching', events: stream as AsyncIterable<WatchEvent> };
    },
  };
  return api;
}

export function page(items: readonly KubeObject[], resourceVersion = '10', continueToken?: string): PageResult {
  return {
    outcome: 'page',
    items,
    malformed: 0,
    resourceVersion,
    ...(continueToken === undefined ? {} : { continueToken }),
  };
}

export const pods: ApiResource = {
  group: '',
  version: 'v1',
  kind: 'Pod',
  plural: 'pods',
  namespaced: true,
  verbs: ['list', 'watch'],
};

export function aPod(name: string, resourceVersion: string, uid = `uid-${name}`): KubeObject {
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace: 'shop', uid, resourceVersion } };
}
