import { readOutgoing, systemClock } from '@kso/kit';
import { afterEach, describe, expect, it } from 'vitest';
import { type FakeServiceAnswer, type FakeServiceRequest, startFakeService } from '../testing/index.ts';
import { createRegistryCatalogues } from './catalogues.ts';
import type { CatalogueStage, RegistryTarget } from './port.ts';
import { providerOf } from './provider.ts';
import { wantedTags } from './tag-order.ts';
import { readTarget } from './target.ts';

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

type Answers = (request: FakeServiceRequest) => FakeServiceAnswer | undefined;

async function start(answers: Answers, target: Partial<RegistryTarget> & { readonly project?: string } = {}) {
  const service = await startFakeService(answers);
  cleanups.push(() => service.stop());
  const waits: number[] = [];
  const clock = {
    now: () => Date.parse('2026-01-01T00:00:00Z'),
    sleep: (ms: number) => {
      waits.push(ms);
      return Promise.resolve();
    },
  };
  const catalogues = createRegistryCatalogues({
    outgoing: readOutgoing({}),
    clock,
    providerEndpoints: {
      dockerHub: service.url,
      github: service.url,
      artifactRegistry: service.url,
      gitlab: () => service.url,
    },
  });
  cleanups.push(() => catalogues.close());
  const { project, ...rest } = target;
  const registry = project === undefined ? service.host : `${service.host}/${project}`;
  return { ...service, waits, catalogue: catalogues.catalogue({ registry, ...rest }) };
}

const login = { username: 'robot', password: 'pass' };
const basicLogin = `Basic ${Buffer.from('robot:pass').toString('base64')}`;

/** A registry that pages by two names and follows `last`. */
function paged(names: readonly string[], path = '/v2/_catalog'): Answers {
  return ({ url }) => {
    if (url.pathname !== path) return undefined;
    const from = names.indexOf(url.searchParams.get('last') ?? '') + 1;
    const page = names.slice(from, from + 2);
    const more = from + 2 < names.length;
    const link = `<${path}?n=2&last=${encodeURIComponent(page.at(-1) ?? '')}>; rel="next"`;
    return { headers: more ? { link } : {}, body: { repositories: page } };
  };
}

describe('the catalogue of a plain registry', () => {
  it('is read page by page', async () => {
    const { catalogue, requests } = await start(paged(['a', 'b', 'team/c', 'team/d', 'e']));
    expect(await catalogue.repositories()).toEqual({
      outcome: 'listed',
      repositories: ['a', 'b', 'team/c', 'team/d', 'e'],
      truncated: false,
    });
    expect(requests).toHaveLength(3);
  });

  it('ends at its limit, and at the project', async () => {
    const names = ['a', 'b', 'team/c', 'team/d', 'teammate/e'];
    const { catalogue } = await start(paged(names));
    expect(await catalogue.repositories({ limit: 2 })).toMatchObject({ repositories: ['a', 'b'], truncated: true });
    const { catalogue: team } = await start(paged(names), { project: 'team' });
    expect(await team.repositories()).toMatchObject({ repositories: ['team/c', 'team/d'] });
  });

  it('does not follow a next page elsewhere, nor in a circle', async () => {
    const elsewhere = await start(() => ({
      headers: { link: '<http://evil.test/v2/_catalog>; rel="next"' },
      body: { repositories: ['a'] },
    }));
    expect(await elsewhere.catalogue.repositories()).toMatchObject({ repositories: ['a'] });
    const circle = await start(() => ({
      headers: { link: '</v2/_catalog?n=100>; rel="next"' },
      body: { repositories: ['a'] },
    }));
    expect(await circle.catalogue.repositories()).toMatchObject({ repositories: ['a'] });
    expect(circle.requests).toHaveLength(1);
  });

  it('leaves out names that are no repositories', async () => {
    const { catalogue } = await start(() => ({ body: { repositories: ['ok', '../../x', 'A B', ''] } }));
    expect(await catalogue.repositories()).toMatchObject({ repositories: ['ok'] });
  });

  it.each([
    [{ status: 401 }, 'unauthorized'],
    [{ status: 404 }, 'notSupported'],
    [{ body: '<html>' }, 'invalidAnswer'],
    [{ status: 500 }, 'unreachable'],
  ])('answers %j with %s', async (answer, outcome) => {
    const { catalogue } = await start(() => answer);
    expect(await catalogue.repositories()).toMatchObject({ outcome });
  });

  it.each([
    ['0', 500],
    ['Wed, 21 Oct 2015 07:28:00 GMT', 500],
    ['86400', 22_500],
    ['soon', 0],
  ])('B19 waits with Retry-After %s neither too short nor for a day', async (retryAfter, least) => {
    const { catalogue, waits, requests } = await start(() => ({ status: 429, headers: { 'retry-after': retryAfter } }));
    expect(await catalogue.repositories()).toMatchObject({ outcome: 'rateLimited' });
    expect(requests).toHaveLength(3);
    for (const wait of waits) expect(wait).toBeLessThanOrEqual(30_000);
    expect(waits[0]).toBeGreaterThanOrEqual(least);
  });
});

describe('tags', () => {
  it('wants latest, then versions from the highest, and no signatures', () => {
    const signature = `sha256-${'a'.repeat(64)}.sig`;
    const listed = ['1.10.0', '1.9.0', 'dev', signature, 'v2.0.0-rc.10', 'v2.0.0-rc.9', 'latest', 'main', '1.10'];
    expect(wantedTags(listed)).toEqual([
      'latest',
      'v2.0.0-rc.10',
      'v2.0.0-rc.9',
      '1.10.0',
      '1.10',
      '1.9.0',
      'main',
      'dev',
    ]);
  });

  it('are read with a token for the repository', async () => {
    const { catalogue, requests } = await start(
      ({ url, headers }) => {
        if (url.pathname === '/token') return { body: { token: url.searchParams.get('scope') ?? '' } };
        if (headers.authorization !== 'Bearer repository:team/app:pull') {
          return { status: 401, headers: { 'www-authenticate': `Bearer realm="${url.origin}/token"` } };
        }
        return { body: { tags: ['1.0.0', '2.0.0', '3.0.0'] } };
      },
      { login },
    );
    const answer = await catalogue.tags('team/app', { depth: 2 });
    expect(answer).toEqual({ outcome: 'listed', tags: ['3.0.0', '2.0.0'], truncated: true });
    expect(requests[1]?.headers.authorization).toBe(basicLogin);
  });
});

it('images are chosen by exact names; one repository that fails does not stop the others', async () => {
  const { catalogue, host } = await start(
    ({ url }) => {
      if (url.pathname === '/v2/_catalog') return { body: { repositories: ['team/a', 'team/b', 'team/c', 'team/ab'] } };
      return url.pathname.includes('/team/b/') ? { status: 403 } : { body: { tags: ['1.0.0', 'latest'] } };
    },
    { project: 'team' },
  );
  const images = await catalogue.images({ exclude: ['c', 'team/ab'] });
  expect(images).toEqual({
    outcome: 'listed',
    images: [{ repository: 'team/a', tag: 'latest', reference: `${host}/team/a:latest` }],
    truncated: false,
    failures: [{ repository: 'team/b', failure: expect.objectContaining({ outcome: 'unauthorized' }) }],
  });
  expect(await catalogue.images({ include: ['a'], depth: 2 })).toMatchObject({
    images: [{ tag: 'latest' }, { tag: '1.0.0' }],
  });
  expect(await catalogue.images({ limit: 1, include: ['a', 'c'] })).toMatchObject({ truncated: true });
});

describe('the test of a connection', () => {
  const steps =
    (refused: string, answer: FakeServiceAnswer): Answers =>
    ({ url }) => {
      if (url.pathname === refused) return answer;
      if (url.pathname === '/v2/') return { body: {} };
      return url.pathname === '/v2/_catalog' ? { body: { repositories: ['a'] } } : { body: { tags: ['1'] } };
    };

  it.each<[string, FakeServiceAnswer, CatalogueStage]>([
    ['/v2/', { status: 503 }, 'registryInformation'],
    ['/v2/', { status: 401 }, 'registryAuthentication'],
    ['/v2/_catalog', { status: 401 }, 'registryAuthentication'],
    ['/v2/_catalog', { body: { repositories: null } }, 'retrieveRepositories'],
    ['/v2/a/tags/list', { status: 404 }, 'retrieveTags'],
  ])('%s answering %j fails in stage %s', async (path, answer, stage) => {
    const { catalogue } = await start(steps(path, answer), { login });
    expect(await catalogue.check()).toMatchObject({ outcome: 'failed', stage });
  });

  it('looks at the wanted repositories only', async () => {
    const { catalogue } = await start(steps('/v2/a/tags/list', { status: 404 }));
    const check = await catalogue.check({ exclude: ['a'] });
    expect(check).toMatchObject({ outcome: 'failed', stage: 'retrieveRepositories' });
  });

  it('tells each stage that has passed', async () => {
    const { catalogue } = await start(steps('', {}));
    const told: string[] = [];
    const check = await catalogue.check({ onStage: (stage) => void told.push(stage) });
    expect(check).toMatchObject({ outcome: 'passed', repositories: ['a'] });
    expect(told).toEqual(['registryInformation', 'registryAuthentication', 'retrieveRepositories', 'retrieveTags']);
  });
});

describe('providers', () => {
  it.each([
    ['docker.io', '', 'dockerHub'],
    ['quay.io', '', 'quay'],
    ['ghcr.io', '', 'github'],
    ['123456789012.dkr.ecr.eu-west-1.amazonaws.com', '', 'ecr'],
    ['europe-docker.pkg.dev', '', 'gar'],
    ['shop.azurecr.io', 'harbor', 'acr'],
    ['registry.example.com', 'harbor', 'harbor'],
    ['registry.example.com', '', 'distribution'],
    ['quay.io.evil.test', '', 'distribution'],
    ['registry.example.com', 'Docker', 'distribution'],
    ['registry.example.com', 'github', 'distribution'],
    ['registry.example.com', 'dockerhubby', undefined],
    ['registry.example.com', '__proto__', undefined],
  ])('%s with the hint "%s" is %s', (host, hint, provider) => {
    expect(providerOf(host, hint)).toBe(provider);
  });

  it('a key of a Google account is exchanged, not shown', async () => {
    const catalogues = createRegistryCatalogues({ outgoing: readOutgoing({}), clock: systemClock });
    const key = { username: '_json_key', password: 'hunter2' };
    expect(await catalogues.catalogue({ registry: 'eu.gcr.io/p', login: key }).repositories()).toEqual({
      outcome: 'unauthorized',
      detail: 'the service account key is no key',
    });
    await catalogues.close();
  });

  it('Harbor lists the repositories of a project with the login', async () => {
    const { catalogue, requests } = await start(
      ({ url }) =>
        url.pathname === '/api/v2.0/projects/team/repositories'
          ? { body: [{ name: 'team/a' }, { name: 'team/b' }] }
          : undefined,
      { provider: 'harbor', project: 'team', login },
    );
    expect(await catalogue.repositories()).toMatchObject({ repositories: ['team/a', 'team/b'] });
    expect(requests[0]?.headers.authorization).toBe(basicLogin);
  });

  it('Docker Hub lists a namespace, page by page, with a token for the login', async () => {
    const { catalogue, requests } = await start(
      ({ url, body }) => {
        if (url.pathname === '/v2/auth/token')
          return { body: { access_token: JSON.parse(body).secret === 'pass' ? 'jwt' : 'no' } };
        const isFirst = !url.searchParams.has('page');
        const next = `${url.origin}${url.pathname}?page=2`;
        return { body: { results: [{ name: isFirst ? 'a' : 'b' }], next: isFirst ? next : null } };
      },
      { provider: 'dockerHub', project: 'team', login },
    );
    expect(await catalogue.repositories()).toMatchObject({ repositories: ['team/a', 'team/b'] });
    expect(requests.slice(1).map(({ headers }) => headers.authorization)).toEqual(['Bearer jwt', 'Bearer jwt']);
  });

  it('GitHub lists the packages of an organisation, else of a user', async () => {
    const { catalogue } = await start(
      ({ url, headers }) =>
        url.pathname === '/users/me/packages' && headers.authorization === 'Bearer pass'
          ? { body: [{ name: 'app' }] }
          : undefined,
      { provider: 'github', project: 'me', login },
    );
    expect(await catalogue.repositories()).toMatchObject({ repositories: ['me/app'] });
  });

  it('GitLab lists the repositories of the projects, those without a registry left out', async () => {
    const { catalogue } = await start(
      ({ url }) => {
        if (url.pathname === '/api/v4/projects') return { body: [{ id: 1 }, { id: 2 }] };
        return url.pathname === '/api/v4/projects/2/registry/repositories'
          ? { body: [{ path: 'team/app' }] }
          : undefined;
      },
      { provider: 'gitlab', login },
    );
    expect(await catalogue.repositories()).toMatchObject({ repositories: ['team/app'] });
  });

  it('Quay shows a namespace without a login by its API', async () => {
    const { catalogue } = await start(
      ({ url }) => {
        const isFirst = !url.searchParams.has('next_page');
        const name = isFirst ? 'a' : 'b';
        return { body: { repositories: [{ namespace: 'team', name }], ...(isFirst ? { next_page: 'n' } : {}) } };
      },
      { provider: 'quay', project: 'team' },
    );
    expect(await catalogue.repositories()).toMatchObject({ repositories: ['team/a', 'team/b'] });
  });
});

it.each([
  ['registry.example.com:443/team', 'registry.example.com:443', 'team'],
  ['https://Index.Docker.io/v1/', 'docker.io', ''],
  ['[::1]:5000//a//b/', '[::1]:5000', 'a/b'],
])('%s is a registry', (registry, host, project) => {
  expect(readTarget({ registry })).toMatchObject({ host, project });
});

it.each(['', 'a b', '/team', 'user@host', 'https://'])('"%s" is no registry', async (registry) => {
  const catalogues = createRegistryCatalogues({
    outgoing: readOutgoing({}),
    clock: { now: () => 0, sleep: () => Promise.resolve() },
  });
  expect(await catalogues.catalogue({ registry }).repositories()).toMatchObject({ outcome: 'notFound' });
  await catalogues.close();
});
