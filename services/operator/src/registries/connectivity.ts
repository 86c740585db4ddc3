import { describeCatalogueFailure, type RegistryCatalogue } from '@kso/registry';
import type { FanOutNote } from '../commands/plan.ts';
import type { RegistryContext } from './carry-out-registry.ts';
import type { RegistryScan } from './registry-info.ts';

/** Each stage that passes is told by its name, and the repositories at the end (operator-gateway.md 4.3.2). */
export async function testConnectivity(
  { registryName, include = [], exclude = [] }: RegistryScan,
  catalogue: RegistryCatalogue,
  { putRepositories, signal }: RegistryContext,
): Promise<FanOutNote> {
  const check = await catalogue.check({ include, exclude, signal });
  signal.throwIfAborted();
  if (check.outcome === 'failed') {
    const message = `${registryName}: ${describeCatalogueFailure(check.failure)}`;
    const failure = { code: 'REGISTRY_FAILED', message };
    return { errors: [], pods: 0, stages: [...check.passed], failedStage: check.stage, failure };
  }
  await putRepositories(registryName, check.repositories);
  return { errors: [], pods: 0, stages: [...check.stages] };
}
