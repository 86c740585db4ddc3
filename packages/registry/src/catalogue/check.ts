import { isWanted } from './images.ts';
import type { CatalogueCheck, CatalogueFailure, CatalogueStage, CheckOptions, RegistryCatalogue } from './port.ts';

export interface CheckedCatalogue extends Pick<RegistryCatalogue, 'repositories' | 'tags'> {
  readonly project: string;
  /** Whether it is a registry at all, and lets the login in if there is one. */
  readonly enter: () => Promise<CatalogueFailure | undefined>;
}

/** Goes through the stages of a connection test; the first that fails ends it. */
export async function checkCatalogue(
  catalogue: CheckedCatalogue,
  { signal, onStage, ...selection }: CheckOptions,
): Promise<CatalogueCheck> {
  const passed: CatalogueStage[] = [];
  const pass = async (stage: CatalogueStage): Promise<void> => {
    passed.push(stage);
    await onStage?.(stage);
  };
  const fail = (stage: CatalogueStage, failure: CatalogueFailure): CatalogueCheck => ({
    outcome: 'failed',
    stage,
    passed,
    failure,
  });
  const options = signal === undefined ? {} : { signal };

  const refusal = await catalogue.enter();
  if (refusal !== undefined && refusal.outcome !== 'unauthorized') return fail('registryInformation', refusal);
  await pass('registryInformation');
  if (refusal !== undefined) return fail('registryAuthentication', refusal);

  const listed = await catalogue.repositories(options);
  if (listed.outcome === 'unauthorized') return fail('registryAuthentication', listed);
  await pass('registryAuthentication');
  if (listed.outcome !== 'listed') return fail('retrieveRepositories', listed);
  const repositories = listed.repositories.filter(isWanted(catalogue.project, selection));
  const [first] = repositories;
  if (first === undefined) {
    return fail('retrieveRepositories', { outcome: 'notFound', detail: 'the registry lists no repositories' });
  }
  await pass('retrieveRepositories');

  const tags = await catalogue.tags(first, options);
  if (tags.outcome !== 'listed') return fail('retrieveTags', tags);
  await pass('retrieveTags');
  return { outcome: 'passed', stages: passed, repositories };
}
