import type { FanOutNote } from '../commands/plan.ts';
import type { Assignment, JobDispatcher } from '../dispatch/dispatcher.ts';
import { fail } from '../errors.ts';
import { testConnectivity } from './connectivity.ts';
import { currentTag, type FoundImages, listImages, listRepositories } from './list-images.ts';
import { registriesAuthOf, targetOfScan } from './registries-auth.ts';
import type { RegistryCatalogue, RegistryTarget } from './registry-catalogue.ts';
import { type RegistryScan, registrySecretPrefix } from './registry-info.ts';
import { type RegistryObject, readProviderFields, type TransportSettings, targetOfObject } from './registry-object.ts';
import type { RegistryPlan } from './registry-plan.ts';
import type { RegistryStore } from './registry-store.ts';

export { registriesAuthOf };

/** What is known of registries. Without it commands about them are refused. */
export interface RegistryPorts {
  readonly catalogue: RegistryCatalogue;
  /** Absent outside of a cluster: then only what needs no login can be scanned. */
  readonly store?: RegistryStore;
}

export interface RegistryContext {
  readonly ports: RegistryPorts;
  readonly dispatcher: JobDispatcher;
  readonly clusterName: string;
  /** For registry objects; v1 says it with each registry. */
  readonly transport: TransportSettings;
  /** Of the job of one image. */
  readonly assignment: (imageTag: string) => Assignment & { readonly sessionJobIds: readonly string[] };
  /** The scan as a whole, for who joins its images. */
  readonly runId: string;
  readonly putRepositories: (registryName: string, repositories: readonly string[]) => Promise<void>;
  readonly signal: AbortSignal;
}

/** The Secret that the chart makes of `privateRegistries`. */
const chartSecret = `${registrySecretPrefix}-secrets`;

/** Gives out the images of a registry, or tests it. @throws REGISTRY_… as the command's failure, KUBE_… for what may pass */
export async function carryOutRegistry(
  plan: RegistryPlan,
  context: RegistryContext,
): Promise<{ readonly note: FanOutNote; readonly jobs: number }> {
  if (plan.action === 'scanObject') return scanObject(plan, context);
  const { target, secretName } = await resolve(plan.scan, context);
  if (plan.action === 'test') return { note: await testConnectivity(plan.scan, target, context), jobs: 0 };
  const selection = await selectionOf(plan.scan, context);
  const { catalogue } = context.ports;
  const repositories = await listRepositories(catalogue, target, selection, context.signal);
  if (repositories.outcome !== 'found')
    throw fail('REGISTRY_FAILED', { registry: plan.scan.registryName, problem: repositories.detail });
  const pick = (tags: readonly string[]) => newest(tags, selection.depth);
  const found = await listImages(catalogue, target, repositories.value, pick, context.signal);
  const { host, project } = target;
  const below = project === '' ? '' : `${project}/`;
  return giveOut(found, target, context, {
    secretName,
    describe: (repository) => ({
      // Sic: with the slash at its end where there is no project.
      registryName: `${host}/${project}`,
      repository: repository.startsWith(below) ? repository.slice(below.length) : repository,
      sensor: context.clusterName,
    }),
  });
}

/** The newest; `latest` before others where nobody can tell. */
function newest(tags: readonly string[], depth: number): readonly string[] {
  return tags.length <= depth || !tags.includes('latest')
    ? tags.slice(0, depth)
    : ['latest', ...tags.filter((tag) => tag !== 'latest')].slice(0, depth);
}

async function resolve(scan: RegistryScan, { ports: { store } }: RegistryContext) {
  const secretName = scan.secretName ?? chartSecret;
  const auth = scan.authType === 'public' ? undefined : await store?.auth(secretName);
  if (scan.secretName !== undefined && scan.authType !== 'public' && auth === undefined)
    throw fail('REGISTRY_LOGIN', { registry: scan.registryName, problem: `there is no Secret ${secretName}` });
  const target = targetOfScan(scan, auth);
  return { target, secretName: target.login === undefined ? undefined : secretName };
}

/** The command wins over the ConfigMap. */
async function selectionOf(scan: RegistryScan, { ports: { store } }: RegistryContext) {
  const settings = (await store?.settings()) ?? [];
  const found =
    settings.find(({ registry }) => registry === scan.registryName) ??
    settings.find(({ registry }) => registry === scan.registryName.split('/')[0]);
  const include = scan.include ?? [];
  const exclude = scan.exclude ?? [];
  const isGiven = include.length + exclude.length > 0;
  return {
    depth: scan.depth ?? found?.depth ?? 1,
    include: isGiven ? include : (found?.include ?? []),
    exclude: isGiven ? exclude : (found?.exclude ?? []),
  };
}

async function scanObject(
  { registry, secretName }: { readonly registry: RegistryObject; readonly secretName: string },
  context: RegistryContext,
) {
  const { catalogue, store } = context.ports;
  const auth = await store?.auth(secretName);
  if (auth === undefined)
    throw fail('REGISTRY_LOGIN', { registry: registry.name, problem: `there is no Secret ${secretName}` });
  const secretFields = readProviderFields(registry.provider, parseObject(auth));
  const target = targetOfObject({ registry, secretFields }, context.transport);
  const repositories = await configured(registry, target, context);
  const found = await listImages(catalogue, target, repositories, currentTag, context.signal);
  return giveOut(found, target, context, {
    secretName,
    describe: (repository) => ({
      registryName: registry.name,
      repository: repository.slice(repository.indexOf('/') + 1),
      sensor: registry.clusterName,
      registryID: registry.guid,
      registryScanID: context.runId,
      imagesCount: found.images.length,
    }),
  });
}

async function configured(
  { repositories, provider, name }: RegistryObject,
  target: RegistryTarget,
  { ports: { catalogue }, signal }: RegistryContext,
): Promise<readonly string[]> {
  if (repositories.length > 0 || provider !== 'gitlab') return repositories;
  const all = await listRepositories(catalogue, target, { include: [], exclude: [] }, signal);
  if (all.outcome !== 'found') throw fail('REGISTRY_FAILED', { registry: name, problem: all.detail });
  return all.value;
}

type Described = Omit<NonNullable<Parameters<JobDispatcher['imageScan']>[1]['registryScan']>, 'tag'>;

async function giveOut(
  { images, errors }: FoundImages,
  { host, plainHttp, skipTlsVerify }: RegistryTarget,
  { dispatcher, assignment, signal }: RegistryContext,
  about: { readonly secretName: string | undefined; readonly describe: (repository: string) => Described },
) {
  for (const { repository, tag } of images) {
    signal.throwIfAborted();
    const imageTag = `${host}/${repository}:${tag}`;
    const { sessionJobIds, ...assigned } = assignment(imageTag);
    await dispatcher.imageScan(assigned, {
      imageTag,
      imageHash: '',
      wlid: '',
      containerName: '',
      sessionJobIds: [...sessionJobIds],
      actionIDN: 0,
      registryScan: { ...about.describe(repository), tag },
      ...(about.secretName === undefined ? {} : { registrySecret: about.secretName }),
      ...(plainHttp ? { useHTTP: true } : {}),
      ...(skipTlsVerify ? { skipTLSVerify: true } : {}),
    });
  }
  return { note: { errors: [...errors], pods: 0 }, jobs: images.length };
}

function parseObject(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
