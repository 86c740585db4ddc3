import type { Clock } from '@kso/kit';
import type { Transport } from '../connection/transport.ts';
import { fail } from '../errors.ts';
import { readRefusal, readText } from './answer.ts';
import { type ApiResource, resourcePath } from './resource.ts';

export interface PodLogTarget {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
  /** The run of the container before this one. */
  readonly previous: boolean;
}

export interface PodLogOptions {
  /** The last so many. */
  readonly lines: number;
  readonly maxBytes: number;
  readonly signal?: AbortSignal | undefined;
}

export type PodLogResult =
  /** Lines that begin with their time, RFC 3339. What stands in them is whatever the container wrote. */
  | { readonly outcome: 'found'; readonly text: string }
  /** `unavailable`: the container has not begun, has no such run, or its node does not answer. */
  | { readonly outcome: 'forbidden' | 'notFound' | 'unavailable'; readonly detail: string };

/** Reads what a container has written last. @throws KUBE_UNREACHABLE, KUBE_ANSWER_TOO_LARGE */
export type ReadPodLog = (target: PodLogTarget, options: PodLogOptions) => Promise<PodLogResult>;

const pods: ApiResource = { group: '', version: 'v1', kind: 'Pod', plural: 'pods', namespaced: true, verbs: [] };

export function createPodLogReader(transport: Transport, clock: Clock): ReadPodLog {
  return async ({ namespace, pod, container, previous }, { lines, maxBytes, signal }) => {
    const query = new URLSearchParams({
      container,
      previous: String(previous),
      tailLines: String(lines),
      limitBytes: String(maxBytes),
      timestamps: 'true',
    });
    const path = `${resourcePath(pods, namespace, pod)}/log?${query.toString()}`;
    const answer = await transport.send({ path, signal });
    if (answer.status !== 200) {
      const { outcome, detail } = await readRefusal(answer, clock);
      return { outcome: outcome === 'expired' ? 'unavailable' : outcome, detail };
    }
    try {
      return { outcome: 'found', text: await readText(answer, maxBytes, path) };
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof Error && 'code' in error && error.code === 'KUBE_ANSWER_TOO_LARGE') throw error;
      throw fail('KUBE_UNREACHABLE', { server: transport.server }, error);
    }
  };
}
