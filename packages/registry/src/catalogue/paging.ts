import type { CatalogueAnswer, RepositoryList } from './port.ts';
import type { CatalogueReader, PageRequest, ReadPage } from './reader.ts';

export interface ListRequest<T> extends PageRequest<T> {
  readonly names: (page: T) => readonly string[];
  /** Where the answer itself says how to go on; the `Link` header is followed otherwise. */
  readonly next?: (page: T, url: URL) => URL | undefined;
  readonly keep?: (name: string) => boolean;
  readonly limit: number;
}

/** No registry needs more for 10,000 names; one that pages in a circle is left. */
const maxPages = 200;

/** Names of all pages up to a limit. Half a list is a list: what follows a page that fails is not known, so the failure is the answer. */
export async function listNames<T>(
  reader: CatalogueReader,
  request: ListRequest<T>,
): Promise<CatalogueAnswer<RepositoryList>> {
  const found = new Set<string>();
  const seen = new Set<string>();
  const { keep = () => true, limit } = request;
  let url: URL | undefined = request.url;
  for (let pages = 0; url !== undefined && !seen.has(url.href); pages += 1) {
    if (pages >= maxPages) return { outcome: 'listed', repositories: [...found].slice(0, limit), truncated: true };
    seen.add(url.href);
    const page: ReadPage<T> = await reader.page({ ...request, url });
    if (page.outcome !== 'page') return page;
    const names = request.names(page.value);
    for (const name of names) if (keep(name)) found.add(name);
    if (found.size > limit) return { outcome: 'listed', repositories: [...found].slice(0, limit), truncated: true };
    url = page.next ?? request.next?.(page.value, url);
  }
  return { outcome: 'listed', repositories: [...found], truncated: false };
}
