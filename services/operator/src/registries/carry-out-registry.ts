import { isRecord, type UnknownRecord } from '@kso/domain';
import {
  describeCatalogueFailure,
  type ImageSelection,
  type RegistryCatalogues,
  type RegistryTarget,
} from '@kso/registry';
import type { FanOutNote } from '../commands/plan.ts';
import type { Assignment, JobDispatcher } from '../dispatch/dispatcher.ts';
import { fail } from '../errors.ts';
import { testConnectivity } from './connectivity.ts';
import { targetOfScan } from './registries-auth.ts';
import { type RegistryScan, readRegistryName, registrySecretPrefix } from './registry-info.ts';
import { type RegistryObject, readProviderFields, type TransportSettings } from './registry-object.ts';
import type { RegistryPlan } from './registry-plan.ts';
import type { RegistryStore } from './registry-store.ts';

/** What is known of registries. Without it commands about them are refused. */
export interface RegistryPorts {
  readonly catalogues: Pick<RegistryCatalogues, 'catalogue'>;
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
  if (plan.action === 'test') {
    const catalogue = context.ports.catalogues.catalogue(target);
    return { note: await testConnectivity(plan.scan, catalogue, context), jobs: 0 };
  }
  const found = await listImages(plan.scan.registryName, target, await selectionOf(plan.scan, context), context);
  const { host, project } = readRegistryName(target.registry);
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

interface FoundImages {
  readonly images: readonly { readonly repository: string; readonly tag: string }[];
  /** What could not be read or was left out, one line each. */
  readonly errors: readonly string[];
}

const mostErrors = 20;

/** @throws REGISTRY_FAILED */
async function listImages(
  registry: string,
  target: RegistryTarget,
  selection: ImageSelection,
  { ports, signal }: RegistryContext,
): Promise<FoundImages> {
  const found = await ports.catalogues.catalogue(target).images({ ...selection, signal });
  signal.throwIfAborted();
  if (found.outcome !== 'listed') throw fail('REGISTRY_FAILED', { registry, problem: describeCatalogueFailure(found) });
  const errors = found.failures
    .slice(0, mostErrors)
    .map(({ repository, failure }) => `${repository}: ${describeCatalogueFailure(failure)}`);
  if (found.truncated) errors.push(`the registry holds more: only ${found.images.length} images are scanned`);
  return { images: found.images, errors };
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
  const auth = await context.ports.store?.auth(secretName);
  if (auth === undefined)
    throw fail('REGISTRY_LOGIN', { registry: registry.name, problem: `there is no Secret ${secretName}` });
  const { target } = readProviderFields(registry.provider, parseObject(auth), context.transport);
  const { repositories, provider } = registry;
  // Only GitLab's are looked for where none are configured (operator-gateway.md 4.3.5).
  const isAny = repositories.length > 0 || provider === 'gitlab';
  const found = isAny ? await listImages(registry.name, target, { repositories }, context) : { images: [], errors: [] };
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

type Described = Omit<NonNullable<Parameters<JobDispatcher['imageScan']>[1]['registryScan']>, 'tag'>;

async function giveOut(
  { images, errors }: FoundImages,
  target: RegistryTarget,
  { dispatcher, assignment, signal }: RegistryContext,
  about: { readonly secretName: string | undefined; readonly describe: (repository: string) => Described },
) {
  const { host, plainHttp } = readRegistryName(target.registry);
  const useHTTP = target.plainHttp ?? plainHttp;
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
      ...(useHTTP === true ? { useHTTP } : {}),
      ...(target.skipTlsVerify === true ? { skipTLSVerify: true } : {}),
    });
  }
  return { note: { errors: [...errors], pods: 0 }, jobs: images.length };
}

function parseObject(text: string): UnknownRecord {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : {};
  } catch {
    return {};
  }
}
