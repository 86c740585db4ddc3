import { z } from 'zod';
import { listNames } from './paging.ts';
import type { CatalogueAnswer, RepositoryList, TagList } from './port.ts';
import type { CatalogueReader } from './reader.ts';
import { wantedTags } from './tag-order.ts';
import { isBelow } from './target.ts';

/** A name that a registry lists ends up in URLs and references. */
const names = z
  .array(z.string().max(255))
  .nullish()
  .transform((list) => list ?? []);
const Catalog = z.object({ repositories: names });
const Tags = z.object({ tags: names });
const repositoryName = /^[a-z0-9]+(?:(?:[._]|__|-+|\/)[a-z0-9]+)*$/;
const tagName = /^\w[\w.-]{0,127}$/;

const pageSize = 100;
const tagPageSize = 1000;
const maxTags = 10_000;

/** `GET /v2/_catalog` (https://distribution.github.io/distribution/spec/api/#catalog). */
export async function listCatalog(
  reader: CatalogueReader,
  project: string,
  limit: number,
): Promise<CatalogueAnswer<RepositoryList>> {
  const url = new URL(`${reader.options.baseUrl}/v2/_catalog?n=${pageSize}`);
  const answer = await listNames(reader, {
    url,
    scope: 'registry:catalog:*',
    shape: Catalog,
    names: (page) => page.repositories,
    next: (page) => (page.repositories.length < pageSize ? undefined : after(url, page.repositories.at(-1))),
    keep: (name) => repositoryName.test(name) && isBelow(project, name),
    limit,
  });
  if (answer.outcome !== 'notFound') return answer;
  return { outcome: 'notSupported', detail: `${reader.options.host} has no catalogue` };
}

/** `GET /v2/<name>/tags/list` */
export async function listTags(
  reader: CatalogueReader,
  repository: string,
  depth: number,
): Promise<CatalogueAnswer<TagList>> {
  if (!repositoryName.test(repository)) return { outcome: 'notFound', detail: 'no repository name' };
  const url = new URL(`${reader.options.baseUrl}/v2/${repository}/tags/list?n=${tagPageSize}`);
  const answer = await listNames(reader, {
    url,
    scope: `repository:${repository}:pull`,
    shape: Tags,
    names: (page) => page.tags,
    next: (page) => (page.tags.length < tagPageSize ? undefined : after(url, page.tags.at(-1))),
    keep: (name) => tagName.test(name),
    limit: maxTags,
  });
  if (answer.outcome !== 'listed') return answer;
  const tags = wantedTags(answer.repositories);
  return { outcome: 'listed', tags: tags.slice(0, depth), truncated: answer.truncated || tags.length > depth };
}

function after(url: URL, last: string | undefined): URL | undefined {
  if (last === undefined) return undefined;
  const next = new URL(url);
  next.searchParams.set('last', last);
  return next;
}
