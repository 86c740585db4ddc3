import { expect, it } from 'vitest';
import { isObjectProvider, readRegistryObject } from './registry-object.ts';

it.each([
  [
    { provider: 'harbor', instanceURL: 'https://harbor.example.com', username: 'u', password: 'p' },
    { registry: 'https://harbor.example.com', provider: 'harbor', login: { username: 'u', password: 'p' } },
  ],
  [
    { provider: 'azure', loginServer: 'shop.azurecr.io', username: 'u', accessToken: 't' },
    { registry: 'shop.azurecr.io', provider: 'acr', login: { username: 'u', password: 't' } },
  ],
  [
    { provider: 'quay', containerRegistryName: 'team', robotAccountName: 'team+r', robotAccountToken: 't' },
    { registry: 'quay.io/team', provider: 'quay', login: { username: 'team+r', password: 't' } },
  ],
  [
    { provider: 'aws', registryURI: '1.dkr.ecr.eu-west-1.amazonaws.com', roleARN: 'arn:r' },
    { registry: '1.dkr.ecr.eu-west-1.amazonaws.com', provider: 'ecr', cloud: { type: 'awsRole', roleArn: 'arn:r' } },
  ],
  [
    { provider: 'google', registryURI: 'gcr.io/p', projectID: 'p', key: { client_email: 'x' } },
    { registry: 'gcr.io/p', provider: 'gar', cloud: { type: 'googleKey', key: '{"client_email":"x"}' } },
  ],
])('%j', (object, target) => {
  const { provider: _provider, ...fields } = object;
  expect(readRegistryObject(fields)).toEqual({ ok: true, target, secretFields: fields });
  expect(readRegistryObject({ ...object, repositories: ['a'] })).toEqual({ ok: true, target, secretFields: fields });
});

it('reads keys in any letter case and spells them as they are specified', () => {
  expect(readRegistryObject({ Provider: 'nexus', RegistryUrl: 'r.example.com', USERNAME: 'u', password: 'p' })).toEqual(
    {
      ok: true,
      target: { registry: 'r.example.com', provider: 'nexus', login: { username: 'u', password: 'p' } },
      secretFields: { registryURL: 'r.example.com', username: 'u', password: 'p' },
    },
  );
});

it.each([
  [{ registryURI: 'europe-docker.pkg.dev/', projectID: 'p', key: {} }, 'europe-docker.pkg.dev/p'],
  [{ registryURI: 'gcr.io', projectID: 'example.com:p', key: '' }, 'gcr.io/example.com/p'],
])('a Google registry named by its host is that of the project: %j', (fields, registry) => {
  const target = { registry, provider: 'gar', cloud: { type: 'ambient' } };
  expect(readRegistryObject({ provider: 'google', ...fields })).toMatchObject({ ok: true, target });
});

it('says what is missing, and nothing of what is there', () => {
  expect(readRegistryObject({ provider: 'nexus', registryURL: 'r', password: 'hunter2' })).toEqual({
    ok: false,
    problem: 'missing or of a wrong type: username',
  });
  expect([isObjectProvider('harbor'), isObjectProvider('floppy'), isObjectProvider('__proto__')]).toEqual([
    true,
    false,
    false,
  ]);
  const address = { provider: 'harbor', instanceURL: 'https://u:hunter2@h', username: 'u', password: 'p' };
  expect(readRegistryObject(address)).toEqual({ ok: false, problem: 'its address is no registry' });
  expect(readRegistryObject({ provider: 'floppy', password: 'hunter2' })).toEqual({
    ok: false,
    problem: 'missing or of a wrong type: provider',
  });
});
