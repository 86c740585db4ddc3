import type { Clock } from '@kso/kit';
import type { KubeObject } from '@kso/wire';
import { discard, type Transport } from '../connection/transport.ts';
import { fail } from '../errors.ts';
import { isObject, type Refusal, readObject, readRefusal, refusalOfStatus } from './answer.ts';
import { LineTooLong, lines } from './json-lines.ts';
import { toKubeObject } from './kube-object.ts';
import { type ApiResource, resourcePath } from './resource.ts';

export interface ListOptions {
  /** All namespaces if absent. */
  readonly namespace?: string | undefined;
  /** `k=v,k2=v2` as the API takes it. */
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
  readonly limit: number;
  readonly continueToken?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface Page {
  readonly outcome: 'page';
  readonly items: readonly KubeObject[];
  /** Items that are no Kubernetes objects and were left out. */
  readonly malformed: number;
  readonly resourceVersion: string;
  /** Absent on the last page. */
  readonly continueToken?: string;
}

export type PageResult = Page | Refusal | { readonly outcome: 'tooLarge'; readonly detail: string };

export interface WatchOptions {
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
  readonly resourceVersion: string;
  /** After which the server ends the watch. */
  readonly timeoutSeconds: number;
  readonly signal: AbortSignal;
}

export type WatchEvent =
  | { readonly type: 'added' | 'modified' | 'deleted'; readonly object: KubeObject }
  /** Nothing changed up to this version. */
  | { readonly type: 'bookmark'; readonly resourceVersion: string }
  /** The server gave up; the stream ends with it. */
  | { readonly type: 'refused'; readonly refusal: Refusal }
  /** Not a watch event; where the stream stands is not known any more. */
  | { readonly type: 'malformed'; readonly detail: string };

export type WatchResult = { readonly outcome: 'watching'; readonly events: AsyncIterable<WatchEvent> } | Refusal;

/** Lists and watches of one API server: what a reflector needs. Broken connections throw KUBE_UNREACHABLE. */
export interface ResourceApi {
  list(resource: ApiResource, options: ListOptions): Promise<PageResult>;
  watch(resource: ApiResource, options: WatchOptions): Promise<WatchResult>;
}

export interface ResourceApiLimits {
  /** A page above it is asked for again with fewer objects. */
  readonly maxPageBytes: number;
  /** One event of a watch. etcd takes 1.5 MiB, aggregated servers may send more. */
  readonly maxEventBytes: number;
}

export const defaultLimits: ResourceApiLimits = { maxPageBytes: 64 * 1024 * 1024, maxEventBytes: 16 * 1024 * 1024 };

export function createResourceApi(
  transport: Transport,
  clock: Clock,
  limits: ResourceApiLimits = defaultLimits,
): ResourceApi {
  return {
    list: async (resource, options) => {
      const path = `${resourcePath(resource, options.namespace)}?${queryOf({
        limit: String(options.limit),
        continue: options.continueToken,
        labelSelector: options.labelSelector,
        fieldSelector: options.fieldSelector,
      })}`;
      const answer = await transport.send({ path, signal: options.signal });
      if (answer.status !== 200) return readRefusal(answer, clock);
      try {
        return pageOf(await readObject(answer, limits.maxPageBytes, path), resource, path);
      } catch (error) {
        options.signal?.throwIfAborted();
        if (hasCode(error, 'KUBE_ANSWER_TOO_LARGE')) return { outcome: 'tooLarge', detail: error.message };
        if (hasCode(error, 'KUBE_ANSWER_INVALID')) throw error;
        throw fail('KUBE_UNREACHABLE', { server: transport.server }, error);
      }
    },
    watch: async (resource, options) => {
      const path = `${resourcePath(resource, options.namespace)}?${queryOf({
        watch: '1',
        allowWatchBookmarks: 'true',
        resourceVersion: options.resourceVersion,
        timeoutSeconds: String(options.timeoutSeconds),
        labelSelector: options.labelSelector,
        fieldSelector: options.fieldSelector,
      })}`;
      const answer = await transport.send({ path, signal: options.signal, idleTimeoutMs: 0 });
      if (answer.status !== 200) return readRefusal(answer, clock);
      return {
        outcome: 'watching',
        events: watchEvents(answer.body, resource, limits.maxEventBytes, () => discard(answer)),
      };
    },
  };
}

function pageOf(list: Record<string, unknown>, resource: ApiResource, path: string): Page {
  const metadata = isObject(list['metadata']) ? list['metadata'] : {};
  const { resourceVersion, continue: continueToken } = metadata;
  const raw = list['items'] ?? [];
  if (!Array.isArray(raw) || typeof resourceVersion !== 'string') {
    throw fail('KUBE_ANSWER_INVALID', { path, detail: 'no list' });
  }
  const items = raw.map((item: unknown) => toKubeObject(item, resource)).filter((item) => item !== undefined);
  return {
    outcome: 'page',
    items,
    malformed: raw.length - items.length,
    resourceVersion,
    ...(typeof continueToken === 'string' && continueToken !== '' ? { continueToken } : {}),
  };
}

async function* watchEvents(
  body: AsyncIterable<Uint8Array>,
  resource: ApiResource,
  maxBytes: number,
  giveUp: () => void,
): AsyncGenerator<WatchEvent> {
  try {
    for await (const line of lines(body, maxBytes)) {
      const event = watchEventOf(line, resource);
      yield event;
      if (event.type === 'refused' || event.type === 'malformed') return;
    }
  } catch (error) {
    if (!(error instanceof LineTooLong)) throw error;
    yield { type: 'malformed', detail: error.message };
  } finally {
    giveUp();
  }
}

const changes = { ADDED: 'added', MODIFIED: 'modified', DELETED: 'deleted' } as const;

function watchEventOf(line: string, resource: ApiResource): WatchEvent {
  let event: unknown;
  try {
    event = JSON.parse(line);
  } catch {
    return { type: 'malformed', detail: 'a line is not JSON' };
  }
  if (!isObject(event)) return { type: 'malformed', detail: 'a line is not an object' };
  const { type, object } = event;
  if (type === 'ERROR') return { type: 'refused', refusal: refusalOfStatus(object) };
  if (type === 'BOOKMARK') {
    const metadata = isObject(object) ? object['metadata'] : undefined;
    const version = isObject(metadata) ? metadata['resourceVersion'] : undefined;
    if (typeof version === 'string') return { type: 'bookmark', resourceVersion: version };
  }
  if (type === 'ADDED' || type === 'MODIFIED' || type === 'DELETED') {
    const kubeObject = toKubeObject(object, resource);
    if (kubeObject !== undefined) return { type: changes[type], object: kubeObject };
  }
  return { type: 'malformed', detail: `an event of type ${String(type).slice(0, 40)} carries no object` };
}

function queryOf(parameters: Readonly<Record<string, string | undefined>>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) if (value !== undefined) query.set(name, value);
  return query.toString();
}

function hasCode(error: unknown, code: string): error is Error {
  return error instanceof Error && 'code' in error && error.code === code;
}
