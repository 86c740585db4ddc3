import { readOutgoing, systemClock } from '@kso/kit';
import { createRegistryCatalogues, type RegistryTarget as ListedTarget, type RegistryCatalogues } from '@kso/registry';
import { buildImage, layer, pushImage } from '@kso/testkit/images';
import { missingPrograms } from '@kso/testkit/programs';
import { type Registry, registryPassword, registryUser, startRegistry } from '@kso/testkit/registry';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CommandView } from '../service.ts';
import { patiently, type TestOperator, testOperator } from '../testing/test-operator.ts';
import type { RegistryTarget } from './registry-catalogue.ts';
import { registryCatalogues } from './registry-catalogues.ts';

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
    test = testOperator({ ports: { registries: { catalogue: registryCatalogues(catalogues) } } });
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
    const login = { username: registryUser, password: registryPassword };
    const target: RegistryTarget = {
      provider: 'generic',
      host: withLogin.host,
      project: '',
      plainHttp: true,
      skipTlsVerify: false,
    };
    const signal = AbortSignal.timeout(30_000);
    const catalogue = registryCatalogues(catalogues);
    expect(await catalogue.checkLogin({ ...target, login }, signal)).toEqual({ outcome: 'found', value: undefined });
    expect(await catalogue.checkLogin(target, signal)).toMatchObject({ outcome: 'refused' });
    expect(await catalogue.tags({ ...target, login }, 'team/api', 1, signal)).toEqual({
      outcome: 'found',
      value: ['latest'],
    });
  });
});

it('identities of clouds are exchanged, not shown', async () => {
  const asked: ListedTarget[] = [];
  const catalogue = registryCatalogues({
    catalogue: (target) => {
      asked.push(target);
      const answer = () => Promise.resolve({ outcome: 'cancelled' } as const);
      return {
        repositories: answer,
        tags: answer,
        images: answer,
        check: () => Promise.reject(new Error('not asked')),
      };
    },
  });
  const base = { project: '', plainHttp: false, skipTlsVerify: false };
  const targets: RegistryTarget[] = [
    {
      ...base,
      provider: 'aws',
      host: '1.dkr.ecr.eu-west-1.amazonaws.com',
      aws: { accessKeyId: 'id', secretAccessKey: 's', roleArn: 'r' },
    },
    { ...base, provider: 'aws', host: '1.dkr.ecr.eu-west-1.amazonaws.com', aws: { roleArn: 'r' } },
    { ...base, provider: 'google', host: 'eu-docker.pkg.dev', login: { username: '_json_key', password: '{}' } },
    { ...base, provider: 'azure', host: 'acme.azurecr.io', isCloudIdentity: true },
  ];
  for (const target of targets) {
    expect(await catalogue.repositories(target, 1, AbortSignal.timeout(1000))).toEqual({
      outcome: 'failed',
      detail: 'cancelled',
    });
  }
  expect(asked.map(({ cloud, login, provider }) => [provider, cloud, login])).toEqual([
    ['ecr', { type: 'awsKeys', keys: { accessKeyId: 'id', secretAccessKey: 's' }, roleArn: 'r' }, undefined],
    ['ecr', { type: 'awsRole', roleArn: 'r' }, undefined],
    ['gar', { type: 'googleKey', key: '{}' }, undefined],
    ['acr', { type: 'ambient' }, undefined],
  ]);
});
