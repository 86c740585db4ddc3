import { readOutgoing, systemClock } from '@kso/kit';
import { createRegistryCatalogues, type RegistryCatalogues } from '@kso/registry';
import { buildImage, layer, pushImage } from '@kso/testkit/images';
import { missingPrograms } from '@kso/testkit/programs';
import { type Registry, registryPassword, registryUser, startRegistry } from '@kso/testkit/registry';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CommandView } from '../service.ts';
import { loginStore } from '../testing/login-store.ts';
import { patiently, type TestOperator, testOperator } from '../testing/test-operator.ts';

describe.skipIf(missingPrograms('docker-registry'))('commands about a real registry', { timeout: 60_000 }, () => {
  let registry: Registry;
  let withLogin: Registry;
  let catalogues: RegistryCatalogues;
  let test: TestOperator;

  beforeAll(async () => {
    registry = await startRegistry();
    withLogin = await startRegistry({ folder: registry.folder, login: true });
    catalogues = createRegistryCatalogues({ outgoing: readOutgoing({}), clock: systemClock });
    const image = buildImage({ layers: [layer([{ type: 'file', path: 'a', content: 'a' }])] });
    for (const tag of ['1.9.0', '1.10.0', 'latest']) await pushImage(registry.url, 'team/api', tag, image);
    await pushImage(registry.url, 'team/web', '2.0', image);
    await pushImage(registry.url, 'other/tool', 'dev', image);
    test = testOperator({ ports: { registries: { catalogues, store: loginStore() } } });
    await test.operator.start();
  }, 120_000);
  afterAll(async () => {
    await test?.stop();
    await catalogues?.close();
    await withLogin?.stop();
    await registry?.stop();
  });

  const command = async (commandName: string, info: object, jobID: string): Promise<CommandView> => {
    const args = { 'registryInfo-v1': { isHTTPS: false, ...info } };
    await test.post({ commands: [{ commandName, jobTracking: { jobID }, args }] });
    await expect.poll(async () => (await test.queue.getParent(jobID))?.sealed, patiently).toBe(true);
    return test.get<CommandView>(`/v1/jobs/${jobID}`);
  };

  it('a scan takes the wanted tags of the project', async () => {
    await command('scanRegistry', { registryName: `${registry.host}/team`, depth: 2 }, 'scan');
    const jobs = await test.queue.list({ kind: 'image-scan', limit: 100 });
    expect(jobs.map(({ payload }) => payload['imageTag'] as string).toSorted()).toEqual([
      `${registry.host}/team/api:1.10.0`,
      `${registry.host}/team/api:latest`,
      `${registry.host}/team/web:2.0`,
    ]);
    expect(jobs.every(({ payload }) => payload['useHTTP'] === true)).toBe(true);
  });

  it('a test passes all stages, or names the one that the registry ends', async () => {
    await command('testRegistryConnectivity', { registryName: registry.host }, 'open');
    await command('testRegistryConnectivity', { registryName: withLogin.host }, 'locked');
    const reports = test.reports();
    const stages = (id: string) =>
      reports.flatMap(({ jobID, status, details }) =>
        jobID === id && status !== 'started' ? [[status, details]] : [],
      );
    expect(stages('open').slice(0, 4)).toEqual(
      ['registryInformation', 'registryAuthentication', 'retrieveRepositories', 'retrieveTags'].map((stage) => [
        'success',
        stage,
      ]),
    );
    expect(stages('locked')).toEqual([
      ['success', 'registryInformation'],
      ['failure', 'registryAuthentication'],
    ]);
  });

  it('the login is shown to the registry', async () => {
    const authMethod = { type: 'credentials', username: registryUser, password: registryPassword };
    await command('scanRegistry', { registryName: `${withLogin.host}/other`, authMethod }, 'login');
    const jobs = await test.queue.list({ kind: 'image-scan', limit: 100 });
    expect(jobs.map(({ payload }) => payload['imageTag'])).toContain(`${withLogin.host}/other/tool:dev`);
    const refused = await command('scanRegistry', { registryName: `${withLogin.host}/other` }, 'no login');
    expect(refused).toMatchObject({ state: 'failed', failure: { code: 'REGISTRY_FAILED' } });
  });
});
