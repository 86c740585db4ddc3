import type { Clock } from '@kso/kit';
import type { GroupKind, KubeObject } from '@kso/wire';
import { readObject, readRefusal } from './api/answer.ts';
import { createDiscovery, type Discovery } from './api/discovery.ts';
import { toKubeObject } from './api/kube-object.ts';
import { createPodLogReader, type ReadPodLog } from './api/pod-logs.ts';
import { resourcePath } from './api/resource.ts';
import { createResourceApi, defaultLimits, type ResourceApi, type ResourceApiLimits } from './api/resource-api.ts';
import { createReviews, type KubeReviews } from './api/reviews.ts';
import { createKubeWriter, type KubeWriter } from './api/writer.ts';
import type { ClusterConnection } from './connection/connection.ts';
import { createTransport } from './connection/transport.ts';
import { fail } from './errors.ts';
import { type ListFilter, listPages } from './list-pages.ts';

export type GetResult =
  | { readonly outcome: 'found'; readonly object: KubeObject }
  | { readonly outcome: 'notFound' | 'forbidden' | 'notServed'; readonly detail: string };

/** One cluster. What is missing or forbidden is a value; a server that cannot answer throws KUBE_UNREACHABLE or KUBE_API. */
export interface KubeClient {
  /** The context's name, for people. */
  readonly name: string;
  readonly server: string;
  /** The namespace of the context or of our pod. */
  readonly namespace: string | undefined;
  readonly discovery: Discovery;
  /** Pages and watches for a reflector. */
  readonly resources: ResourceApi;
  readonly writer: KubeWriter;
  readonly reviews: KubeReviews;
  readonly podLog: ReadPodLog;
  /** The server's `/version` object: `gitVersion`, `major`, `platform`, … */
  version(signal?: AbortSignal): Promise<Readonly<Record<string, string>>>;
  /** `namespace` is undefined for kinds without one. */
  get(kind: GroupKind, namespace: string | undefined, name: string, signal?: AbortSignal): Promise<GetResult>;
  /**
   * All objects of a kind, page by page. When the continue token expires on the way the list begins anew (B15) and objects that
   * were given out are not given out again. @throws KUBE_API also when the kind is forbidden or not served.
   */
  list(kind: GroupKind, filter?: ListFilter): AsyncGenerator<readonly KubeObject[], void, undefined>;
  /** Ends all requests and watches. */
  close(): Promise<void>;
}

export interface KubeClientOptions {
  readonly clock: Clock;
  /** Sent as `User-Agent`, e.g. `kso-kollector`. */
  readonly userAgent: string;
  readonly limits?: ResourceApiLimits;
}

export function createKubeClient(connection: ClusterConnection, options: KubeClientOptions): KubeClient {
  const { clock, userAgent, limits = defaultLimits } = options;
  const transport = createTransport(connection, { userAgent });
  const discovery = createDiscovery(transport, clock);
  const resources = createResourceApi(transport, clock, limits);

  return {
    name: connection.name,
    server: transport.server,
    namespace: connection.namespace,
    discovery,
    resources,
    writer: createKubeWriter({ transport, discovery, clock, maxBytes: limits.maxPageBytes }),
    reviews: createReviews(transport, clock),
    podLog: createPodLogReader(transport, clock),
    version: async (signal) => {
      const path = '/version';
      const answer = await transport.send({ path, signal });
      if (answer.status !== 200) {
        const { detail } = await readRefusal(answer, clock);
        throw fail('KUBE_API', { method: 'GET', path, status: answer.status, detail });
      }
      const entries = Object.entries(await readObject(answer, limits.maxEventBytes, path));
      return Object.fromEntries(entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
    },
    get: async (kind, namespace, name, signal) => {
      const resolved = await discovery.resolve(kind, signal);
      if (resolved.outcome === 'notServed') return resolved;
      const path = resourcePath(resolved.resource, namespace, name);
      const answer = await transport.send({ path, signal });
      if (answer.status !== 200) {
        const refusal = await readRefusal(answer, clock);
        if (refusal.outcome === 'notFound' || refusal.outcome === 'forbidden') return refusal;
        throw fail('KUBE_API', { method: 'GET', path, status: answer.status, detail: refusal.detail });
      }
      const object = toKubeObject(await readObject(answer, limits.maxPageBytes, path), resolved.resource);
      if (object === undefined) throw fail('KUBE_ANSWER_INVALID', { path, detail: 'no Kubernetes object' });
      return { outcome: 'found', object };
    },
    list: (kind, filter = {}) => listPages({ discovery, resources, clock }, kind, filter),
    close: () => transport.close(),
  };
}
