import type { GetResult, KubeClient, NewObject, ObjectTarget, WriteRefusal } from '@kso/kube';
import type { GroupKind, JsonObject, KubeObject } from '@kso/wire';
import { z } from 'zod';
import { fail } from '../errors.ts';
import { cronJobFrom } from '../schedules/cron-job-template.ts';
import { readTemplate } from '../schedules/read-template.ts';
import { registriesAuthKey } from './registries-auth.ts';
import { registrySecretPrefix } from './registry-info.ts';
import type { RegistrySettings, RegistrySetUp, RegistryStore } from './registry-store.ts';

const kinds = {
  secret: { group: '', kind: 'Secret' },
  configMap: { group: '', kind: 'ConfigMap' },
  job: { group: 'batch', kind: 'Job' },
  cronJob: { group: 'batch', kind: 'CronJob' },
} as const satisfies Record<string, GroupKind>;

/** The command that a Job is of: a handler that is called again after a restart does not scan again. */
const commandAnnotation = 'kubescape.io/command-guid';

const Settings = z.array(
  z.object({
    registry: z.string(),
    depth: z.number().int().min(1).optional(),
    include: z.array(z.string()).optional(),
    exclude: z.array(z.string()).optional(),
  }),
);

/** Registries as objects of one namespace. Rights: docs/reference/operator-api.md. */
export function clusterRegistries(
  { get, writer }: Pick<KubeClient, 'get' | 'writer'>,
  namespace: string,
): RegistryStore {
  const at = (kind: GroupKind, name: string): ObjectTarget => ({ ...kind, namespace, name });

  const find = async (kind: GroupKind, name: string): Promise<KubeObject | undefined> => {
    const found = await get(kind, namespace, name);
    if (found.outcome === 'found') return found.object;
    if (found.outcome === 'notFound') return undefined;
    throw refused('get', kind, name, found);
  };

  /** Made, or brought to what it is to be if it is one of ours. */
  const put = async (kind: GroupKind, object: NewObject & { readonly metadata: { readonly name: string } }) => {
    const { name } = object.metadata;
    const made = await writer.create(object);
    if (made.outcome === 'written') return;
    if (made.outcome !== 'exists') throw refused('create', kind, name, made);
    const { apiVersion: _apiVersion, kind: _kind, metadata, ...content } = object;
    const patch = { metadata: { labels: metadata.labels ?? {} }, ...content } as unknown as JsonObject;
    const changed = await writer.patch(at(kind, name), patch);
    if (changed.outcome !== 'written') throw refused('patch', kind, name, changed);
  };

  const remove = async (kind: GroupKind, name: string): Promise<void> => {
    const removed = await writer.delete(at(kind, name), kind === kinds.cronJob || kind === kinds.job ? background : {});
    if (removed.outcome !== 'deleted' && removed.outcome !== 'notFound') throw refused('delete', kind, name, removed);
  };

  const putAuth = (name: string, auth: string): Promise<void> =>
    put(kinds.secret, {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name, namespace, labels: { app: name } },
      type: 'Opaque',
      data: { [registriesAuthKey]: Buffer.from(auth).toString('base64') },
    });

  const cronJob = async ({ name, cron }: Pick<RegistrySetUp, 'name' | 'cron'>): Promise<KubeObject> => {
    const text = await readTemplate(get, namespace, 'registry');
    const spec = { kind: 'registry', name, timeZone: 'Etc/UTC', body: {}, annotations: {} } as const;
    const made = cronJobFrom(text, cron === undefined ? spec : { ...spec, cron }, namespace);
    // The existing product has this label and no other.
    return { ...made, metadata: { ...made.metadata, labels: { app: name } } };
  };

  /** A Job of the same name that another command has made has to go first. */
  const run = async (name: string, { spec }: KubeObject, guid: string): Promise<void> => {
    const jobSpec = (spec as { jobTemplate: { spec: JsonObject } }).jobTemplate.spec;
    const metadata = { name, namespace, labels: { app: name }, annotations: { [commandAnnotation]: guid } };
    const job = { apiVersion: 'batch/v1', kind: 'Job', metadata, spec: jobSpec };
    const known = await find(kinds.job, name);
    if (known?.metadata.annotations?.[commandAnnotation] === guid) return;
    if (known !== undefined) await remove(kinds.job, name);
    const made = await writer.create(job);
    if (made.outcome === 'exists') throw fail('REGISTRY_BUSY', { name });
    if (made.outcome !== 'written') throw refused('create', kinds.job, name, made);
  };

  return {
    settings: async () => {
      const found = await find(kinds.configMap, registrySecretPrefix);
      return readSettings((found?.['data'] as Record<string, string> | undefined)?.['registries'] ?? '[]');
    },
    auth: async (name) => {
      const encoded = ((await find(kinds.secret, name))?.['data'] as Record<string, string> | undefined)?.[
        registriesAuthKey
      ];
      return encoded === undefined ? undefined : Buffer.from(encoded, 'base64').toString('utf8');
    },
    putAuth,
    removeAuth: (name) => remove(kinds.secret, name),
    setUp: async ({ name, auth, body, cron, runNow }) => {
      // First, so that nothing is left of one that cannot be made.
      const made = cron === undefined && runNow === undefined ? undefined : await cronJob({ name, cron });
      await putAuth(name, auth);
      await put(kinds.configMap, {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name, namespace, labels: { app: name } },
        data: { 'request-body.json': JSON.stringify(body) },
      });
      if (made === undefined || cron === undefined) await remove(kinds.cronJob, name);
      else await put(kinds.cronJob, made);
      if (made !== undefined && runNow !== undefined) await run(name, made, runNow);
    },
    tearDown: async (name) => {
      for (const kind of [kinds.cronJob, kinds.job, kinds.secret, kinds.configMap]) await remove(kind, name);
    },
  };
}

const background = { propagation: 'Background' } as const;

function readSettings(text: string): readonly RegistrySettings[] {
  try {
    return Settings.safeParse(JSON.parse(text)).data ?? [];
  } catch {
    return [];
  }
}

function refused(
  verb: string,
  { kind }: GroupKind,
  name: string,
  { detail }: WriteRefusal | Exclude<GetResult, { outcome: 'found' }>,
) {
  return fail('REGISTRY_REFUSED', { verb, what: `${kind} ${name}`, problem: detail });
}
