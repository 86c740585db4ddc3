import { z } from 'zod';
import { basic } from '../authorized-requests.ts';
import { requestToken } from '../cloud/token-request.ts';
import { listCatalog } from './list-distribution.ts';
import { listNames } from './paging.ts';
import type { CatalogueAnswer, RepositoryList } from './port.ts';
import type { CatalogueReader } from './reader.ts';
import type { ReadTarget } from './target.ts';

/** Addresses of providers' APIs; tests put their own in place. */
export interface ProviderEndpoints {
  readonly dockerHub: string;
  readonly github: string;
  readonly artifactRegistry: string;
  /** GitLab's API has the registry's host without its first label. */
  readonly gitlab: (host: string) => string;
}

export const defaultProviderEndpoints: ProviderEndpoints = {
  dockerHub: 'https://hub.docker.com',
  github: 'https://api.github.com',
  artifactRegistry: 'https://artifactregistry.googleapis.com',
  gitlab: (host) => `https://${host.replace(/^registry\./, '')}`,
};

/** How a provider lists repositories where its catalogue does not. */
export type ListRepositories = (
  reader: CatalogueReader,
  target: ReadTarget,
  options: { readonly limit: number; readonly endpoints: ProviderEndpoints },
) => Promise<CatalogueAnswer<RepositoryList>>;

const Named = z.array(z.object({ name: z.string().max(255) }));

/** Harbor gives its catalogue to administrators only (https://goharbor.io/docs/2.0.0/working-with-projects/). */
export const listHarbor: ListRepositories = async (reader, { project }, { limit }) => {
  const [name = '', ...below] = project.split('/');
  const path = name === '' ? 'repositories' : `projects/${encodeURIComponent(name)}/repositories`;
  const answer = await listNames(reader, {
    url: new URL(`${reader.options.baseUrl}/api/v2.0/${path}?page=1&page_size=100`),
    authorization: basic(reader.options.login),
    shape: Named,
    names: (page) => page.map((repository) => repository.name),
    keep: (repository) => below.length === 0 || repository.startsWith(`${project}/`) || repository === project,
    limit,
  });
  return answer.outcome === 'notFound' ? listCatalog(reader, project, limit) : answer;
};

const HubPage = z.object({ results: Named, next: z.string().nullish() });
const HubToken = z.object({ access_token: z.string() });

/** Docker Hub lists by namespace (https://docs.docker.com/reference/api/hub/latest/). */
export const listDockerHub: ListRepositories = async (reader, { project }, { limit, endpoints }) => {
  const namespace = project.split('/')[0] || reader.options.login?.username;
  if (namespace === undefined)
    return { outcome: 'notSupported', detail: 'Docker Hub is listed by namespace: docker.io/NAMESPACE' };
  const url = new URL(
    `/v2/namespaces/${encodeURIComponent(namespace)}/repositories?page_size=100`,
    endpoints.dockerHub,
  );
  const token = await hubToken(reader, endpoints);
  return listNames(reader, {
    url,
    authorization: token === undefined ? undefined : `Bearer ${token}`,
    shape: HubPage,
    names: (page) => page.results.map(({ name }) => `${namespace}/${name}`),
    next: (page, from) => sameOrigin(page.next, from),
    limit,
  });
};

async function hubToken({ options }: CatalogueReader, endpoints: ProviderEndpoints): Promise<string | undefined> {
  const { login, http, signal } = options;
  if (login?.username === undefined || login.password === undefined) return undefined;
  const answer = await requestToken(
    { http, signal },
    new URL('/v2/auth/token', endpoints.dockerHub),
    {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ identifier: login.username, secret: login.password }),
    },
    HubToken,
  );
  return answer.outcome === 'token' ? answer.value.access_token : undefined;
}

/** GitHub's packages of an organisation, else of a user (https://docs.github.com/en/rest/packages/packages). */
export const listGithub: ListRepositories = async (reader, { project }, { limit, endpoints }) => {
  const owner = project.split('/')[0] || reader.options.login?.username;
  const token = reader.options.login?.password;
  if (owner === undefined || token === undefined) {
    return { outcome: 'notSupported', detail: 'GitHub lists packages of an owner, ghcr.io/OWNER, and needs a token' };
  }
  const list = (kind: 'orgs' | 'users') =>
    listNames(reader, {
      url: new URL(
        `/${kind}/${encodeURIComponent(owner)}/packages?package_type=container&per_page=100`,
        endpoints.github,
      ),
      authorization: `Bearer ${token}`,
      shape: Named,
      names: (page) => page.map(({ name }) => `${owner.toLowerCase()}/${name}`),
      keep: (name) => project === '' || name.startsWith(project) || name === project,
      limit,
    });
  const answer = await list('orgs');
  return answer.outcome === 'notFound' ? list('users') : answer;
};

const GitlabProjects = z.array(z.object({ id: z.number().int() }));
const GitlabRepositories = z.array(z.object({ path: z.string().max(255) }));

/** Projects of which the token's owner is a member, then the repositories of each (https://docs.gitlab.com/api/container_registry/). */
export const listGitlab: ListRepositories = async (reader, { host, project }, { limit, endpoints }) => {
  const token = reader.options.login?.password;
  if (token === undefined) return listCatalog(reader, project, limit);
  const api = endpoints.gitlab(host);
  const authorization = `Bearer ${token}`;
  const projects = await listNames(reader, {
    url: new URL('/api/v4/projects?membership=true&min_access_level=30&per_page=100', api),
    authorization,
    shape: GitlabProjects,
    names: (page) => page.map(({ id }) => String(id)),
    limit: 1000,
  });
  if (projects.outcome !== 'listed') return projects;
  const found: string[] = [];
  for (const id of projects.repositories) {
    const answer = await listNames(reader, {
      url: new URL(`/api/v4/projects/${id}/registry/repositories?per_page=100`, api),
      authorization,
      shape: GitlabRepositories,
      names: (page) => page.map(({ path }) => path),
      keep: (path) => project === '' || path === project || path.startsWith(`${project}/`),
      limit,
    });
    // A project without a registry answers 404, one that we may not read 403: the others still have theirs.
    if (answer.outcome === 'notFound' || answer.outcome === 'unauthorized') continue;
    if (answer.outcome !== 'listed') return answer;
    found.push(...answer.repositories);
    if (found.length > limit) return { outcome: 'listed', repositories: found.slice(0, limit), truncated: true };
  }
  return { outcome: 'listed', repositories: found, truncated: projects.truncated };
};

const QuayPage = z.object({
  repositories: z.array(z.object({ namespace: z.string(), name: z.string() })),
  next_page: z.string().nullish(),
});

/** Robots see theirs in the catalogue; what a namespace shows to everybody is in Quay's API. */
export const listQuay: ListRepositories = async (reader, { project }, { limit }) => {
  if (reader.options.login !== undefined || project === '') return listCatalog(reader, project, limit);
  const url = new URL(`${reader.options.baseUrl}/api/v1/repository?public=true`);
  url.searchParams.set('namespace', project.split('/')[0] ?? '');
  return listNames(reader, {
    url,
    shape: QuayPage,
    names: (page) => page.repositories.map(({ namespace, name }) => `${namespace}/${name}`),
    next: ({ next_page: token }) => withQuery(url, 'next_page', token),
    keep: (name) => name === project || name.startsWith(`${project}/`),
    limit,
  });
};

const Packages = z.object({
  packages: z.array(z.object({ name: z.string() })).default([]),
  nextPageToken: z.string().optional(),
});

/** `gcr.io` has a catalogue; Artifact Registry lists the packages of `LOCATION-docker.pkg.dev/PROJECT/REPOSITORY`. */
export const listGoogle: ListRepositories = async (reader, { host, project }, { limit, endpoints }) => {
  const [, location] = /^([a-z0-9-]+)-docker\.pkg\.dev$/.exec(host) ?? [];
  const [owner, repository, ...rest] = project.split('/');
  if (location === undefined) return listCatalog(reader, project, limit);
  if (owner === undefined || repository === undefined || rest.length > 0) {
    return { outcome: 'notSupported', detail: `${host} is listed by repository: ${host}/PROJECT/REPOSITORY` };
  }
  const parent = `projects/${owner}/locations/${location}/repositories/${repository}`;
  const url = new URL(`/v1/${parent}/packages?pageSize=100`, endpoints.artifactRegistry);
  const token = reader.options.login?.password;
  return listNames(reader, {
    url,
    authorization: token === undefined ? undefined : `Bearer ${token}`,
    shape: Packages,
    names: ({ packages }) => packages.map(({ name }) => `${project}/${packageName(name)}`),
    next: ({ nextPageToken }) => withQuery(url, 'pageToken', nextPageToken),
    limit,
  });
};

function packageName(name: string): string {
  const encoded = name.slice(name.lastIndexOf('/') + 1);
  try {
    return decodeURIComponent(encoded);
  } catch {
    return encoded;
  }
}

function withQuery(url: URL, name: string, value: string | null | undefined): URL | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  const next = new URL(url);
  next.searchParams.set(name, value);
  return next;
}

function sameOrigin(address: string | null | undefined, from: URL): URL | undefined {
  const url = address ? URL.parse(address) : null;
  return url?.origin === from.origin ? url : undefined;
}
