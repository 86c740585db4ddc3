import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { GroupKind, KubeObject } from '@kso/wire';
import type { ApiResource } from '../api/resource.ts';
import type { ClusterConnection } from '../connection/connection.ts';
import { discoveryAnswer } from './fake-discovery.ts';
import { createFakeLists } from './fake-lists.ts';
import { type ApiPath, parsePath } from './fake-paths.ts';
import { fakeResources } from './fake-resources.ts';
import { createFakeStore } from './fake-store.ts';
import { createFakeWatches } from './fake-watches.ts';
import { sendJson, sendStatus } from './fake-wire.ts';
import { answerWrite } from './fake-writes.ts';

/** An API server in memory, over real HTTP: pages, watches, bookmarks, and the ways in which they fail. */
export interface FakeApiServer {
  readonly url: string;
  /** What it was asked, in order. */
  readonly requests: readonly SeenRequest[];
  /** Resolves when the condition holds for the requests so far. */
  requested(condition: (requests: readonly SeenRequest[]) => boolean): Promise<void>;
  /** Creates or replaces; answers what is stored. */
  put(object: KubeObject): KubeObject;
  remove(object: Pick<KubeObject, 'apiVersion' | 'kind' | 'metadata'>): void;
  /** Adds a kind, or replaces one of the same group, version and kind. */
  serve(resource: ApiResource): void;
  /** Answers every request about the kind with this status, until `status` is undefined. */
  refuse(kind: GroupKind, status: number | undefined, headers?: Readonly<Record<string, string>>): void;
  /** Accepts these bearer tokens only; undefined accepts all. */
  accept(tokens: readonly string[] | undefined): void;
  /** Forgets the history, so watches that begin before now are answered 410. */
  compact(): void;
  /** Continue tokens given out so far are answered 410. */
  expireContinueTokens(): void;
  /** Ends the watches that run. */
  closeWatches(how?: 'end' | 'reset'): void;
  /** Ends each new watch after this time; undefined lets them live. */
  closeEachWatchAfter(ms: number | undefined): void;
  /** Sends the watches that run where the world stands. */
  sendBookmarks(): void;
  /** Sends these bytes to the watches that run, as they are. */
  sendRaw(text: string): void;
  /** From now on connections are accepted and nothing is sent, also on those that are open; `false` ends it for new ones. */
  blackHole(on: boolean): void;
  /** Resolves when at least this many watches run. */
  watching(count?: number): Promise<void>;
  /** A connection to it without TLS. */
  connection(headers?: Readonly<Record<string, string>>): ClusterConnection;
  stop(): Promise<void>;
}

export interface SeenRequest {
  readonly method: string;
  readonly url: string;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly userAgent: string | undefined;
}

interface Refused {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
}

export async function startFakeApiServer(): Promise<FakeApiServer> {
  const resources = [...fakeResources];
  const store = createFakeStore();
  const lists = createFakeLists(store);
  const watches = createFakeWatches(store);
  const refusals = new Map<string, Refused>();
  const requests: SeenRequest[] = [];
  const checks = new Set<() => void>();
  const sockets = new Set<Socket>();
  let tokens: readonly string[] | undefined;
  let isBlackHole = false;

  const server = createServer((request, response) => {
    requests.push({
      method: request.method ?? '',
      url: request.url ?? '',
      at: Date.now(),
      userAgent: request.headers['user-agent'],
    });
    for (const check of checks) check();
    if (!isBlackHole) answer(request, response).catch(() => response.destroy());
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.once('close', () => sockets.delete(socket));
  });

  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const url = new URL(request.url ?? '/', 'http://fake');
    const token = request.headers.authorization?.replace(/^Bearer /, '');
    if (tokens !== undefined && (token === undefined || !tokens.includes(token))) {
      sendStatus(response, 401, 'Unauthorized');
      return;
    }
    const discovered = discoveryAnswer(url.pathname, resources);
    if (discovered !== undefined) {
      sendJson(response, 200, discovered);
      return;
    }
    const path = parsePath(url.pathname, resources);
    if (path === undefined) {
      sendStatus(response, 404, 'the server could not find the requested resource');
      return;
    }
    const { group, kind, plural } = path.resource;
    const refusal = refusals.get(`${group}/${kind}`);
    // Whoever is impersonated has no rights here, so that one connection can show both sides.
    if (refusal !== undefined || request.headers['impersonate-user'] !== undefined) {
      const { status = 403, headers = {} } = refusal ?? {};
      for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
      sendStatus(
        response,
        status,
        status === 403 ? `${plural} is forbidden: User cannot do that` : 'refused by the test',
      );
      return;
    }
    await answerAbout(path, url, request, response);
  };

  const answerAbout = async (path: ApiPath, url: URL, request: IncomingMessage, response: ServerResponse) => {
    if (request.method !== 'GET') {
      await answerWrite(store, path, request, response);
      return;
    }
    if (path.name === undefined) {
      if (url.searchParams.has('watch')) watches.open(path, url.searchParams, response);
      else lists.answer(path, url.searchParams, response);
      return;
    }
    const object = store.get(path.collection, path.namespace, path.name);
    if (object === undefined) sendStatus(response, 404, `${path.resource.plural} "${path.name}" not found`);
    else sendJson(response, 200, object);
  };

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const collectionOf = ({ apiVersion, kind }: Pick<KubeObject, 'apiVersion' | 'kind'>) => {
    const group = apiVersion.includes('/') ? (apiVersion.split('/')[0] ?? '') : '';
    const resource = resources.find((entry) => entry.group === group && entry.kind === kind);
    if (resource === undefined) throw new Error(`the fake does not serve ${apiVersion} ${kind}`);
    return `${group}/${resource.plural}`;
  };

  return {
    url,
    requests,
    requested: (condition) =>
      new Promise((resolve) => {
        const check = () => {
          if (!condition(requests)) return;
          checks.delete(check);
          resolve();
        };
        checks.add(check);
        check();
      }),
    put: (object) => store.put(collectionOf(object), object),
    remove: (object) => void store.remove(collectionOf(object), object.metadata.namespace, object.metadata.name),
    serve: (resource) => {
      const same = ({ group, version, kind }: ApiResource) =>
        group === resource.group && version === resource.version && kind === resource.kind;
      const index = resources.findIndex(same);
      if (index < 0) resources.push(resource);
      else resources[index] = resource;
    },
    refuse: ({ group, kind }, status, headers = {}) => {
      if (status === undefined) refusals.delete(`${group}/${kind}`);
      else refusals.set(`${group}/${kind}`, { status, headers });
    },
    accept: (accepted) => {
      tokens = accepted;
    },
    compact: () => store.compact(),
    expireContinueTokens: () => lists.expire(),
    closeWatches: (how = 'end') => watches.close(how),
    closeEachWatchAfter: (ms) => watches.closeEachAfter(ms),
    sendBookmarks: () => watches.bookmark(),
    sendRaw: (text) => watches.raw(text),
    blackHole: (on) => {
      isBlackHole = on;
      watches.mute(on);
    },
    watching: (count = 1) => watches.opened(count),
    connection: (headers = {}) => ({
      name: 'fake',
      server: new URL(url),
      tls: () => Promise.resolve(noTls),
      headers: () => Promise.resolve(headers),
      refused: () => {},
    }),
    stop: async () => {
      watches.stop();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

const noTls = {};
