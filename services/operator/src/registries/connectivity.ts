import type { FanOutNote } from '../commands/plan.ts';
import type { RegistryContext } from './carry-out-registry.ts';
import { listRepositories } from './list-images.ts';
import type { CatalogueFailure, RegistryTarget } from './registry-catalogue.ts';
import type { RegistryScan } from './registry-info.ts';

/** In this order; each that passes is told by its name (operator-gateway.md 4.3.2). */
export type ConnectivityStage =
  | 'registryInformation'
  | 'registryAuthentication'
  | 'retrieveRepositories'
  | 'retrieveTags';

/** Walks through the stages until one fails, and tells the repositories at the end. */
export async function testConnectivity(
  scan: RegistryScan,
  target: RegistryTarget,
  { ports: { catalogue }, putRepositories, signal }: RegistryContext,
): Promise<FanOutNote> {
  const passed: ConnectivityStage[] = [];
  const failed = (stage: ConnectivityStage, problem: string): FanOutNote => ({
    errors: [],
    pods: 0,
    stages: passed,
    failedStage: stage,
    failure: { code: 'REGISTRY_FAILED', message: `${scan.registryName}: ${problem}` },
  });
  const login = await catalogue.checkLogin(target, signal);
  if (login.outcome === 'failed') return failed('registryInformation', login.detail);
  passed.push('registryInformation');
  if (login.outcome === 'refused') return failed('registryAuthentication', login.detail);
  const selection = { include: scan.include ?? [], exclude: scan.exclude ?? [] };
  const repositories = await listRepositories(catalogue, target, selection, signal);
  // Some registries look at the login only here.
  if (repositories.outcome !== 'found' && isRefusal(repositories))
    return failed('registryAuthentication', repositories.detail);
  passed.push('registryAuthentication');
  if (repositories.outcome !== 'found') return failed('retrieveRepositories', repositories.detail);
  const [first] = repositories.value;
  if (first === undefined) return failed('retrieveRepositories', 'it has no repositories');
  passed.push('retrieveRepositories');
  const tags = await catalogue.tags(target, first, 1, signal);
  if (tags.outcome !== 'found') return failed('retrieveTags', tags.detail);
  passed.push('retrieveTags');
  await putRepositories(scan.registryName, repositories.value);
  return { errors: [], pods: 0, stages: passed };
}

/** Upstream's words, and the one that its check misses. */
function isRefusal({ outcome, detail }: CatalogueFailure): boolean {
  return outcome === 'refused' || /unauthorized|authentication|empty token|denied/i.test(detail);
}
