import type { CatalogueAnswer, ImageList, ImageSelection, ListedImage, RegistryCatalogue } from './port.ts';
import type { ReadTarget } from './target.ts';

const concurrency = 8;
const defaultLimit = 500;

/** Repositories, filter, tags: what a scan of a registry has to scan. */
export async function listImages(
  catalogue: Pick<RegistryCatalogue, 'repositories' | 'tags'>,
  target: Pick<ReadTarget, 'host' | 'project'>,
  selection: ImageSelection,
): Promise<CatalogueAnswer<ImageList>> {
  const { limit = defaultLimit, depth = 1, signal } = selection;
  const options = signal === undefined ? {} : { signal };
  const listed =
    selection.repositories === undefined || selection.repositories.length === 0
      ? await catalogue.repositories(options)
      : { outcome: 'listed' as const, repositories: selection.repositories, truncated: false };
  if (listed.outcome !== 'listed') return listed;
  const wanted = listed.repositories.filter(isWanted(target.project, selection));
  const images: ListedImage[] = [];
  const failures: { repository: string; failure: ImageList['failures'][number]['failure'] }[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < wanted.length && images.length <= limit) {
      const repository = wanted[next] ?? '';
      next += 1;
      const answer = await catalogue.tags(repository, { ...options, depth });
      if (answer.outcome !== 'listed') failures.push({ repository, failure: answer });
      else
        images.push(
          ...answer.tags.map((tag) => ({ repository, tag, reference: `${target.host}/${repository}:${tag}` })),
        );
    }
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, wanted.length) }, work));
  const inOrder = images.toSorted((a, b) => wanted.indexOf(a.repository) - wanted.indexOf(b.repository));
  const truncated = listed.truncated || next < wanted.length || images.length > limit;
  return { outcome: 'listed', images: inOrder.slice(0, limit), truncated, failures };
}

/** Exact names, with or without the project before them. */
export function isWanted(
  project: string,
  { include = [], exclude = [] }: ImageSelection,
): (repository: string) => boolean {
  const names = (list: readonly string[]): ReadonlySet<string> =>
    new Set(list.flatMap((name) => (project === '' ? [name] : [name, `${project}/${name}`])));
  const included = names(include);
  const excluded = names(exclude);
  return (repository) => (included.size === 0 || included.has(repository)) && !excluded.has(repository);
}
