import type { Clock } from '@kso/kit';
import type { GroupKind } from '@kso/wire';
import { z } from 'zod';
import type { Transport } from '../connection/transport.ts';
import { fail } from '../errors.ts';
import { readObject, readRefusal } from './answer.ts';
import { type ApiResource, kindLabel } from './resource.ts';

export type Resolved =
  | { readonly outcome: 'served'; readonly resource: ApiResource }
  /** The server does not know the kind, or nobody can list it (TokenReview and the like). */
  | { readonly outcome: 'notServed'; readonly detail: string };

/** What an API server serves, each kind in the version that it prefers (B11). Groups are asked for when somebody needs them. */
export interface Discovery {
  /** @throws KUBE_UNREACHABLE, KUBE_API when the server cannot answer at present. */
  resolve(kind: GroupKind, signal?: AbortSignal): Promise<Resolved>;
  /** All kinds that can be listed, once each. Groups that do not answer (their server is away) are named in `unanswered`. */
  listable(signal?: AbortSignal): Promise<{ resources: ApiResource[]; unanswered: string[] }>;
  /** Asks the server anew: for a kind that was not served, or is not served any more. */
  forget(group: string): void;
}

const ResourceList = z.object({
  resources: z
    .array(
      z.object({
        name: z.string(),
        kind: z.string(),
        namespaced: z.boolean(),
        verbs: z.array(z.string()).nullish(),
      }),
    )
    .nullish(),
});
const Version = z.object({ version: z.string() });
const Group = z.object({ name: z.string(), versions: z.array(Version), preferredVersion: Version.optional() });
const GroupList = z.object({ groups: z.array(Group) });

const maxBytes = 16 * 1024 * 1024;
/** A new CRD is seen after this time at the latest, or at once with `forget`. */
const maxAgeMs = 10 * 60_000;

export function createDiscovery(transport: Transport, clock: Clock): Discovery {
  const groups = new Map<
    string,
    { readonly readAt: number; readonly kinds: Promise<ReadonlyMap<string, ApiResource>> }
  >();

  const read = async <T>(path: string, schema: z.ZodType<T>, signal?: AbortSignal): Promise<T | undefined> => {
    const answer = await transport.send({ path, signal });
    if (answer.status === 200) {
      const parsed = schema.safeParse(await readObject(answer, maxBytes, path));
      if (parsed.success) return parsed.data;
      throw fail('KUBE_ANSWER_INVALID', { path, detail: z.prettifyError(parsed.error).slice(0, 300) });
    }
    const { outcome, detail } = await readRefusal(answer, clock);
    if (outcome === 'notFound') return undefined;
    throw fail('KUBE_API', { method: 'GET', path, status: answer.status, detail });
  };

  /** The versions of a group, the preferred one first. */
  const versionsOf = async (group: string, signal?: AbortSignal): Promise<string[]> => {
    if (group === '') return ['v1'];
    const found = await read(`/apis/${encodeURIComponent(group)}`, Group, signal);
    return found === undefined ? [] : preferredFirst(found);
  };

  const readGroup = async (group: string, signal?: AbortSignal): Promise<ReadonlyMap<string, ApiResource>> => {
    const kinds = new Map<string, ApiResource>();
    for (const version of await versionsOf(group, signal)) {
      const root = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
      for (const resource of (await read(root, ResourceList, signal))?.resources ?? []) {
        // Subresources (`pods/log`) are no kinds of their own; a kind of an earlier version is the preferred one.
        if (resource.name.includes('/') || kinds.has(resource.kind)) continue;
        const { name: plural, kind, namespaced, verbs } = resource;
        kinds.set(kind, { group, version, kind, plural, namespaced, verbs: verbs ?? [] });
      }
    }
    return kinds;
  };

  const kindsOf = (group: string, signal?: AbortSignal): Promise<ReadonlyMap<string, ApiResource>> => {
    const known = groups.get(group);
    if (known !== undefined && clock.now() - known.readAt < maxAgeMs) return known.kinds;
    const kinds = readGroup(group, signal);
    groups.set(group, { readAt: clock.now(), kinds });
    // Only an answer is worth keeping.
    kinds.catch(() => groups.delete(group));
    return kinds;
  };

  return {
    resolve: async (kind, signal) => {
      const resource = (await kindsOf(kind.group, signal)).get(kind.kind);
      if (resource === undefined) return { outcome: 'notServed', detail: `${kindLabel(kind)} is not served` };
      if (!resource.verbs.includes('list')) {
        return { outcome: 'notServed', detail: `${kindLabel(kind)} cannot be listed` };
      }
      return { outcome: 'served', resource };
    },
    listable: async (signal) => {
      const named = (await read('/apis', GroupList, signal))?.groups.map(({ name }) => name) ?? [];
      const resources: ApiResource[] = [];
      const unanswered: string[] = [];
      for (const group of ['', ...named]) {
        try {
          const kinds = await kindsOf(group, signal);
          resources.push(...[...kinds.values()].filter(({ verbs }) => verbs.includes('list')));
        } catch (error) {
          signal?.throwIfAborted();
          if (group === '') throw error;
          unanswered.push(group);
        }
      }
      return { resources, unanswered };
    },
    forget: (group) => {
      groups.delete(group);
    },
  };
}

function preferredFirst(group: z.infer<typeof Group>): string[] {
  const versions = group.versions.map(({ version }) => version);
  const preferred = group.preferredVersion?.version ?? versions[0];
  return preferred === undefined ? [] : [preferred, ...versions.filter((version) => version !== preferred)];
}
