import type { RegistryCatalogues } from '../catalogue/catalogues.ts';
import { checkCatalogue } from '../catalogue/check.ts';
import { listImages } from '../catalogue/images.ts';
import type { CatalogueFailure, RegistryCatalogue, RegistryTarget } from '../catalogue/port.ts';
import { wantedTags } from '../catalogue/tag-order.ts';
import { isBelow, readTarget } from '../catalogue/target.ts';

/** Registries at any address that all hold the same, without a network: choice of images and stages of a test are the real ones. */
export interface FakeCatalogues extends Pick<RegistryCatalogues, 'catalogue'> {
  /** How the registries were asked. */
  readonly asked: readonly RegistryTarget[];
  /** Answer of everything, once it is set. */
  failure: CatalogueFailure | undefined;
}

/** `content`: tags of each repository, or why they cannot be read. */
export function fakeCatalogues(
  content: Readonly<Record<string, readonly string[] | CatalogueFailure>>,
): FakeCatalogues {
  const asked: RegistryTarget[] = [];
  const fake: FakeCatalogues = {
    asked,
    failure: undefined,
    catalogue: (target) => {
      asked.push(target);
      const { host, project } = readTarget(target) ?? { host: '', project: '' };
      const repositories: RegistryCatalogue['repositories'] = async () => {
        const names = Object.keys(content).filter((name) => isBelow(project, name));
        return fake.failure ?? { outcome: 'listed', repositories: names, truncated: false };
      };
      const tags: RegistryCatalogue['tags'] = async (repository, { depth = 1 } = {}) => {
        const found = fake.failure ?? content[repository] ?? { outcome: 'notFound', detail: repository };
        if ('outcome' in found) return found;
        const wanted = wantedTags(found);
        return { outcome: 'listed', tags: wanted.slice(0, depth), truncated: wanted.length > depth };
      };
      const enter = async () => undefined;
      return {
        repositories,
        tags,
        images: (selection = {}) => listImages({ repositories, tags }, { host, project }, selection),
        check: (options = {}) => checkCatalogue({ project, repositories, tags, enter }, options),
      };
    },
  };
  return fake;
}
