import type { Clock } from '@kso/kit';
import type { GroupKind, JsonObject, KubeObject } from '@kso/wire';
import type { Transport } from '../connection/transport.ts';
import { fail } from '../errors.ts';
import { readObject, readStatus, refusalOfAnswer } from './answer.ts';
import type { Discovery } from './discovery.ts';
import { toKubeObject } from './kube-object.ts';
import { type ApiResource, apiVersionOf, resourcePath } from './resource.ts';

/** Names one object. `namespace` is undefined for kinds without one. */
export interface ObjectTarget extends GroupKind {
  readonly namespace?: string | undefined;
  readonly name: string;
}

/** What a write can come to in the ordinary course. `detail` is the server's own sentence. */
export type WriteRefusal =
  /** An object of this name is there already. */
  | { readonly outcome: 'exists'; readonly detail: string }
  /** It has changed since it was read, or is not the one that was meant. */
  | { readonly outcome: 'conflict'; readonly detail: string }
  /** The server, or one of its webhooks, does not take it as it is. */
  | { readonly outcome: 'invalid'; readonly detail: string }
  | { readonly outcome: 'forbidden' | 'notFound' | 'notServed'; readonly detail: string };

export type WriteResult = { readonly outcome: 'written'; readonly object: KubeObject } | WriteRefusal;
export type DeleteResult = { readonly outcome: 'deleted' } | WriteRefusal;

export interface PatchOptions {
  readonly subresource?: 'status';
  readonly signal?: AbortSignal;
}

export interface DeleteOptions {
  /** Only this very object, not a later one of the same name. */
  readonly uid?: string;
  /** What happens to what it owns; the server's default is `Background` for most kinds. */
  readonly propagation?: 'Background' | 'Foreground' | 'Orphan';
  readonly signal?: AbortSignal;
}

/** Writes to one cluster. A server that cannot answer throws KUBE_UNREACHABLE or KUBE_API; nothing is repeated here. */
export interface KubeWriter {
  /** `metadata.generateName` works too. */
  create(object: NewObject, signal?: AbortSignal): Promise<WriteResult>;
  /** The whole object. With a `metadata.resourceVersion` only if nobody has changed it since. */
  replace(object: KubeObject, signal?: AbortSignal): Promise<WriteResult>;
  /** A JSON merge patch (RFC 7396). */
  patch(target: ObjectTarget, patch: JsonObject, options?: PatchOptions): Promise<WriteResult>;
  delete(target: ObjectTarget, options?: DeleteOptions): Promise<DeleteResult>;
}

/** An object that the server is to name, or that has its name already. */
export interface NewObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name?: string;
    readonly generateName?: string;
    readonly namespace?: string;
    readonly [field: string]: unknown;
  };
  readonly [field: string]: unknown;
}

export interface WriterParts {
  readonly transport: Transport;
  readonly discovery: Discovery;
  readonly clock: Clock;
  /** Of an answer. */
  readonly maxBytes: number;
}

type Method = 'POST' | 'PUT' | 'PATCH' | 'DELETE';

interface WriteRequest {
  readonly method: Method;
  readonly path: string;
  readonly body: unknown;
  readonly mediaType?: string;
  readonly signal: AbortSignal | undefined;
}

interface Answered {
  readonly outcome: 'answered';
  readonly value: Record<string, unknown>;
}

export function createKubeWriter({ transport, discovery, clock, maxBytes }: WriterParts): KubeWriter {
  const send = async (request: WriteRequest): Promise<Answered | WriteRefusal> => {
    const { method, path, signal, mediaType = 'application/json' } = request;
    const headers = { 'content-type': mediaType };
    const answer = await transport.send({ method, path, headers, body: JSON.stringify(request.body), signal });
    if (answer.status >= 200 && answer.status < 300) {
      return { outcome: 'answered', value: await readObject(answer, maxBytes, path) };
    }
    const status = await readStatus(answer);
    switch (answer.status) {
      case 409:
        return { outcome: status.reason === 'AlreadyExists' ? 'exists' : 'conflict', detail: status.detail };
      case 400:
      case 413:
      case 422:
        return { outcome: 'invalid', detail: status.detail };
      default: {
        const { outcome, detail } = refusalOfAnswer(answer, status.detail, clock);
        if (outcome === 'forbidden' || outcome === 'notFound') return { outcome, detail };
        throw fail('KUBE_API', { method, path, status: answer.status, detail });
      }
    }
  };

  const written = async (resource: ApiResource, request: WriteRequest): Promise<WriteResult> => {
    const answer = await send(request);
    if (answer.outcome !== 'answered') return answer;
    const object = toKubeObject(answer.value, resource);
    if (object === undefined) throw fail('KUBE_ANSWER_INVALID', { path: request.path, detail: 'no Kubernetes object' });
    return { outcome: 'written', object };
  };

  return {
    create: async (object, signal) => {
      const resolved = await discovery.resolve(groupKindOf(object), signal);
      if (resolved.outcome === 'notServed') return resolved;
      const { resource } = resolved;
      const path = resourcePath(resource, object.metadata.namespace);
      return written(resource, { method: 'POST', path, body: inVersion(object, resource), signal });
    },
    replace: async (object, signal) => {
      const resolved = await discovery.resolve(groupKindOf(object), signal);
      if (resolved.outcome === 'notServed') return resolved;
      const { resource } = resolved;
      const path = resourcePath(resource, object.metadata.namespace, object.metadata.name);
      return written(resource, { method: 'PUT', path, body: inVersion(object, resource), signal });
    },
    patch: async (target, patch, { subresource, signal } = {}) => {
      const resolved = await discovery.resolve(target, signal);
      if (resolved.outcome === 'notServed') return resolved;
      const object = resourcePath(resolved.resource, target.namespace, target.name);
      const path = subresource === undefined ? object : `${object}/${subresource}`;
      const mediaType = 'application/merge-patch+json';
      return written(resolved.resource, { method: 'PATCH', path, body: patch, mediaType, signal });
    },
    delete: async (target, { uid, propagation, signal } = {}) => {
      const resolved = await discovery.resolve(target, signal);
      if (resolved.outcome === 'notServed') return resolved;
      const path = resourcePath(resolved.resource, target.namespace, target.name);
      const body = {
        apiVersion: 'v1',
        kind: 'DeleteOptions',
        ...(propagation === undefined ? {} : { propagationPolicy: propagation }),
        ...(uid === undefined ? {} : { preconditions: { uid } }),
      };
      const answer = await send({ method: 'DELETE', path, body, signal });
      return answer.outcome === 'answered' ? { outcome: 'deleted' } : answer;
    },
  };
}

function groupKindOf({ apiVersion, kind }: NewObject): GroupKind {
  const slash = apiVersion.indexOf('/');
  return { group: slash < 0 ? '' : apiVersion.slice(0, slash), kind };
}

/** In the version of the path: the server refuses a body in another one. */
function inVersion(object: NewObject, resource: ApiResource): NewObject {
  return { ...object, apiVersion: apiVersionOf(resource) };
}
