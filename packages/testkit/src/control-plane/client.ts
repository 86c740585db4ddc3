import type { KubeObject } from '@kso/wire';
import { fail } from '../errors.ts';
import { createHttpClient, type HttpClient } from '../http-client.ts';
import { until } from '../until.ts';

/** Reads and writes objects of a test cluster by plain HTTP, so that a test does not check a client library with itself. */
export interface ClusterClient {
  /**
   * Server-side apply, as kubectl does it, several at once; namespaces and definitions of kinds go first.
   * Namespaced objects without a namespace go to `namespace`, default `default`. Answers what the server stored, in the order given.
   */
  apply(objects: readonly KubeObject[], options?: { namespace?: string }): Promise<KubeObject[]>;
  /** Replaces parts of an object: a JSON merge patch; `subresource: 'status'` for what a kubelet or controller would report. */
  patch(object: KubeObject, patch: object, options?: { subresource?: string }): Promise<KubeObject>;
  get(object: KubeObject): Promise<KubeObject | undefined>;
  delete(object: KubeObject): Promise<void>;
  /** Creates the namespace and waits for its default ServiceAccount, without which pods are refused. */
  createNamespace(name: string): Promise<void>;
  /** Any other request. */
  readonly http: HttpClient;
  close(): void;
}

interface ServedKind {
  readonly plural: string;
  readonly namespaced: boolean;
}

const fieldManager = 'kso-test';
const concurrency = 8;
const first = new Set(['Namespace', 'CustomResourceDefinition']);
const second = new Set(['ServiceAccount', 'PriorityClass', 'StorageClass']);

export interface ClusterClientOptions {
  readonly url: string;
  readonly ca: string;
  readonly token: string;
  /** Nobody else makes the default ServiceAccount of a new namespace: there is no controller manager. */
  readonly makeServiceAccounts: boolean;
}

export function createClusterClient(options: ClusterClientOptions): ClusterClient {
  const http = createHttpClient(options.url, options);
  const served = new Map<string, Promise<ReadonlyMap<string, ServedKind>>>();

  const kindsOf = (apiVersion: string) => {
    const known = served.get(apiVersion) ?? discover(http, apiVersion);
    served.set(apiVersion, known);
    // A group that is not served yet may be later, once its definition is applied.
    known.catch(() => served.delete(apiVersion));
    return known;
  };

  const pathOf = async (object: KubeObject, namespace?: string) => {
    const kind = (await kindsOf(object.apiVersion)).get(object.kind);
    if (kind === undefined) {
      served.delete(object.apiVersion);
      throw fail('KIND_NOT_SERVED', { apiVersion: object.apiVersion, kind: object.kind });
    }
    const within = kind.namespaced ? `namespaces/${object.metadata.namespace ?? namespace ?? 'default'}/` : '';
    return `${root(object.apiVersion)}/${within}${kind.plural}/${encodeURIComponent(object.metadata.name)}`;
  };

  const applyOne = async (object: KubeObject, namespace?: string) => {
    const pathname = await pathOf(object, namespace);
    const stored = await http.json(`${pathname}?fieldManager=${fieldManager}&force=true`, {
      method: 'PATCH',
      headers: { 'content-type': 'application/apply-patch+yaml' },
      body: JSON.stringify(object),
    });
    if (object.kind === 'Namespace') await serviceAccountReady(object.metadata.name);
    if (object.kind === 'CustomResourceDefinition') await untilServed(http, pathname);
    return stored as KubeObject;
  };

  const serviceAccountReady = async (namespace: string) => {
    const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default', namespace } };
    if (options.makeServiceAccounts) {
      await applyOne(account);
      return;
    }
    const pathname = await pathOf(account);
    await until(`ServiceAccount default of ${namespace}`, async () => (await http.request(pathname)).status === 200);
  };

  const client: ClusterClient = {
    http,
    apply: async (objects, { namespace } = {}) => {
      const answers = new Map<KubeObject, KubeObject>();
      const rank = ({ kind }: KubeObject) => (first.has(kind) ? 0 : second.has(kind) ? 1 : 2);
      for (const step of [0, 1, 2]) {
        const batch = objects.filter((object) => rank(object) === step);
        await inParallel(batch, async (object) => void answers.set(object, await applyOne(object, namespace)));
      }
      return objects.map((object) => answers.get(object) ?? object);
    },
    patch: async (object, patch, { subresource } = {}) => {
      const pathname = await pathOf(object);
      return (await http.json(subresource === undefined ? pathname : `${pathname}/${subresource}`, {
        method: 'PATCH',
        headers: { 'content-type': 'application/merge-patch+json' },
        body: JSON.stringify(patch),
      })) as KubeObject;
    },
    get: async (object) => {
      const answer = await http.request(await pathOf(object));
      return answer.status === 200 ? (JSON.parse(answer.body.toString('utf8')) as KubeObject) : undefined;
    },
    delete: async (object) => {
      // No grace: without a kubelet nobody would confirm the end of a pod.
      await http.json(`${await pathOf(object)}?gracePeriodSeconds=0`, { method: 'DELETE' });
    },
    createNamespace: async (name) => {
      await applyOne({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
    },
    close: () => http.close(),
  };
  return client;
}

function root(apiVersion: string): string {
  return apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
}

async function discover(http: HttpClient, apiVersion: string): Promise<ReadonlyMap<string, ServedKind>> {
  const list = (await http.json(root(apiVersion))) as {
    resources: { name: string; kind: string; namespaced: boolean }[];
  };
  const kinds = list.resources.filter(({ name }) => !name.includes('/'));
  return new Map(kinds.map(({ name, kind, namespaced }) => [kind, { plural: name, namespaced }]));
}

/** A new kind is served a moment after its definition was stored. */
async function untilServed(http: HttpClient, definition: string): Promise<void> {
  await until(`${definition} is established`, async () => {
    const { spec, status } = (await http.json(definition)) as CustomResourceDefinition;
    const version = spec.versions.find(({ served }) => served)?.name;
    const established = status?.conditions?.some(({ type, status }) => type === 'Established' && status === 'True');
    const pathname = `/apis/${spec.group}/${version}/${spec.names.plural}?limit=1`;
    return established === true && (await http.request(pathname)).status === 200;
  });
}

interface CustomResourceDefinition {
  readonly spec: {
    readonly group: string;
    readonly names: { readonly plural: string };
    readonly versions: readonly { readonly name: string; readonly served: boolean }[];
  };
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
}

async function inParallel<T>(items: readonly T[], action: (item: T) => Promise<void>): Promise<void> {
  const rest = items.values();
  const lane = async () => {
    for (const item of rest) await action(item);
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, items.length) }, lane));
}
