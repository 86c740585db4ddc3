import type { KubeObject } from '@kso/wire';
import type { KubeClient } from './client.ts';
import type { ListFilter } from './list-pages.ts';
import { type LookUpOwner, type TopOwner, topOwner } from './owners/top-owner.ts';

/** Pods and what runs them: for commands that fan out to pods (operator-gateway.md 4.2.2). */
export interface PodReader {
  /** One by one, read in pages. All namespaces if `namespace` is undefined. @throws KUBE_UNREACHABLE, KUBE_API */
  listPods(namespace?: string, filter?: Omit<ListFilter, 'namespace'>): AsyncGenerator<KubeObject, void, undefined>;
  /** See {@link topOwner}. */
  topOwner(object: KubeObject): Promise<TopOwner>;
}

const pod = { group: '', kind: 'Pod' };

export function createPodReader(client: Pick<KubeClient, 'list'>, lookUp: LookUpOwner): PodReader {
  return {
    listPods: async function* (namespace, filter = {}) {
      for await (const page of client.list(pod, { ...filter, namespace })) yield* page;
    },
    topOwner: (object) => topOwner(object, lookUp),
  };
}
