import { z } from 'zod';
import type { CatalogueCheck, CatalogueFailure, CatalogueStage, CheckOptions, RegistryCatalogue } from './port.ts';
import type { CatalogueReader } from './reader.ts';

/** Goes through the stages of a connection test; the first that fails ends it. */
export async function checkCatalogue(
  catalogue: Pick<RegistryCatalogue, 'repositories' | 'tags'>,
  reader: CatalogueReader,
  { signal, onStage }: CheckOptions,
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

  const base = await reader.page({ url: new URL(`${reader.options.baseUrl}/v2/`), shape: z.unknown() });
  // Without a login, a refusal only says that it is a registry; whether anybody may list is seen next.
  const isRefused = base.outcome === 'unauthorized' && reader.options.login !== undefined;
  if (base.outcome !== 'page' && base.outcome !== 'unauthorized') return fail('registryInformation', base);
  await pass('registryInformation');
  if (isRefused) return fail('registryAuthentication', base);

  const listed = await catalogue.repositories(options);
  if (listed.outcome === 'unauthorized') return fail('registryAuthentication', listed);
  await pass('registryAuthentication');
  if (listed.outcome !== 'listed') return fail('retrieveRepositories', listed);
  const [first] = listed.repositories;
  if (first === undefined) {
    return fail('retrieveRepositories', { outcome: 'notFound', detail: 'the registry lists no repositories' });
  }
  await pass('retrieveRepositories');

  const tags = await catalogue.tags(first, options);
  if (tags.outcome !== 'listed') return fail('retrieveTags', tags);
  await pass('retrieveTags');
  return { outcome: 'passed', stages: passed, repositories: listed.repositories };
}
