import type { IncomingMessage, ServerResponse } from 'node:http';
import type { KubeObject } from '@kso/wire';
import type { ApiPath } from './fake-paths.ts';
import type { FakeStore } from './fake-store.ts';
import { readBody, sendJson, sendStatus } from './fake-wire.ts';

interface Meta {
  readonly name?: string;
  readonly generateName?: string;
  readonly [field: string]: unknown;
}

type Body = Readonly<Record<string, unknown>> & { readonly metadata?: Meta };

/** What was asked, with the object as it is. */
interface Asked {
  readonly store: FakeStore;
  readonly path: ApiPath;
  readonly name: string;
  readonly body: Body;
  readonly before: KubeObject | undefined;
  readonly response: ServerResponse;
}

/** POST, PUT, PATCH and DELETE as a real server answers them: conflicts, preconditions and merge patches included. */
export async function answerWrite(
  store: FakeStore,
  path: ApiPath,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const text = await readBody(request);
  const body = (text === '' ? {} : JSON.parse(text)) as Body;
  if (request.method === 'POST') return create(store, path, body, response);
  const { collection, namespace, name = '', resource } = path;
  const asked: Asked = { store, path, name, body, before: store.get(collection, namespace, name), response };
  // An apply patch makes what is not there.
  if (request.headers['content-type'] === 'application/apply-patch+yaml') return apply(asked);
  if (asked.before === undefined) return sendStatus(response, 404, `${resource.plural} "${name}" not found`);
  if (request.method === 'DELETE') return remove(asked);
  if (request.method === 'PUT') return replace(asked);
  put(asked, mergePatch(asked.before, body) as Body);
}

function put({ store, path, name, response }: Asked, body: Body): void {
  sendJson(response, 200, store.put(path.collection, named(body, path, name)));
}

function apply(asked: Asked): void {
  const { before, body } = asked;
  put(asked, { ...before, ...body, metadata: { ...before?.metadata, ...body.metadata } });
}

function remove({ store, path, name, body, before, response }: Asked): void {
  const { preconditions } = body as { preconditions?: { uid?: string } };
  if (preconditions?.uid !== undefined && preconditions.uid !== before?.metadata.uid) {
    return sendStatus(response, 409, 'the UID in the precondition does not match', 'Conflict');
  }
  store.remove(path.collection, path.namespace, name);
  sendStatus(response, 200, 'deleted');
}

function replace(asked: Asked): void {
  const { body, before, response } = asked;
  const wanted = body.metadata?.['resourceVersion'];
  if (wanted !== undefined && wanted !== before?.metadata.resourceVersion) {
    return sendStatus(response, 409, 'the object has been modified', 'Conflict');
  }
  // The status of an object is only written through its subresource.
  const { status: _, ...rest } = body as Body & { readonly status?: unknown };
  put(asked, before?.['status'] === undefined ? rest : { ...rest, status: before['status'] });
}

let generated = 0;

function create(store: FakeStore, path: ApiPath, body: Body, response: ServerResponse): void {
  const { collection, namespace, resource } = path;
  const { name: given, generateName } = body.metadata ?? {};
  generated += 1;
  const name = given ?? (generateName === undefined ? undefined : `${generateName}${generated}`);
  if (name === undefined) return sendStatus(response, 422, 'metadata.name: Required value', 'Invalid');
  if (store.get(collection, namespace, name) !== undefined) {
    return sendStatus(response, 409, `${resource.plural} "${name}" already exists`, 'AlreadyExists');
  }
  sendJson(response, 201, store.put(collection, named(body, path, name)));
}

function named(body: Body, { namespace }: ApiPath, name: string): KubeObject {
  const metadata = { ...body.metadata, name, ...(namespace === undefined ? {} : { namespace }) };
  return { ...body, metadata } as unknown as KubeObject;
}

/** RFC 7396. */
function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch;
  const merged: Record<string, unknown> = isObject(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete merged[key];
    else merged[key] = mergePatch(merged[key], value);
  }
  return merged;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
