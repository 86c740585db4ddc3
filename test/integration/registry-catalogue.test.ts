import { readOutgoing, systemClock } from '@kso/kit';
import { createRegistryCatalogues, type RegistryCatalogues } from '@kso/registry';
import { buildImage, layer, pushImage } from '@kso/testkit/images';
import { missingPrograms } from '@kso/testkit/programs';
import { type Registry, registryPassword, registryUser, startRegistry } from '@kso/testkit/registry';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

/** More than one page of a catalogue. */
const repositories = Array.from({ length: 105 }, (_, index) => `team/app-${String(index).padStart(3, '0')}`);

describe.skipIf(missingPrograms('docker-registry'))('the catalogue of a real registry', { timeout: 60_000 }, () => {
  let registry: Registry;
  let withLogin: Registry;
  let catalogues: RegistryCatalogues;

  beforeAll(async () => {
    registry = await startRegistry();
    withLogin = await startRegistry({ folder: registry.folder, login: true });
    catalogues = createRegistryCatalogues({ outgoing: readOutgoing({}), clock: systemClock });
    const image = buildImage({ layers: [layer([{ type: 'file', path: 'a', content: 'a' }])] });
    for (const repository of repositories) await pushImage(registry.url, repository, '1.0.0', image);
    for (const tag of ['1.10.0', '1.9.0', 'latest']) await pushImage(registry.url, 'team/app-000', tag, image);
    await pushImage(registry.url, 'other/tool', 'dev', image);
  }, 120_000);
  afterAll(async () => {
    await catalogues?.close();
    await withLogin?.stop();
    await registry?.stop();
  });

  const login = { username: registryUser, password: registryPassword };

  it('is read beyond its first page, all of it or a project', async () => {
    const all = await catalogues.catalogue({ registry: registry.host }).repositories();
    expect(all).toEqual({ outcome: 'listed', repositories: ['other/tool', ...repositories], truncated: false });
    const team = await catalogues.catalogue({ registry: `${registry.host}/team` }).repositories();
    expect(team).toMatchObject({ repositories });
  });

  it('gives the images that a scan is for', async () => {
    const catalogue = catalogues.catalogue({ registry: `${registry.host}/team` });
    const answer = await catalogue.images({ include: ['app-000', 'team/app-104'], depth: 2 });
    const names = answer.outcome === 'listed' ? answer.images.map(({ reference }) => reference) : answer;
    expect(names).toEqual([
      `${registry.host}/team/app-000:latest`,
      `${registry.host}/team/app-000:1.10.0`,
      `${registry.host}/team/app-104:1.0.0`,
    ]);
  });

  it('is tested stage by stage, and wants its own login', async () => {
    const host = withLogin.host;
    expect(await catalogues.catalogue({ registry: host, login }).check()).toMatchObject({ outcome: 'passed' });
    expect(await catalogues.catalogue({ registry: host }).check()).toMatchObject({
      outcome: 'failed',
      stage: 'registryAuthentication',
      passed: ['registryInformation'],
    });
    const wrong = { ...login, password: 'wrong' };
    const refused = await catalogues.catalogue({ registry: host, login: wrong }).check();
    expect(refused).toMatchObject({ outcome: 'failed', stage: 'registryAuthentication' });
    expect(JSON.stringify(refused)).not.toContain(wrong.password);
  });
});
