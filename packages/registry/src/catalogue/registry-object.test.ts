import { expect, it } from 'vitest';
import { targetOfRegistryObject, targetOfRegistrySecret } from './registry-object.ts';

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
  expect(targetOfRegistrySecret(fields)).toMatchObject({ ok: true, target });
  expect(targetOfRegistryObject({ ...object, repositories: ['a'] })).toEqual({ ok: true, target, repositories: ['a'] });
});

it('says what is missing, and nothing of what is there', () => {
  expect(targetOfRegistryObject({ provider: 'nexus', registryURL: 'r', password: 'hunter2' })).toEqual({
    ok: false,
    problem: 'missing or of a wrong type: username',
  });
  expect(targetOfRegistryObject({ provider: 'floppy', password: 'hunter2' })).toEqual({
    ok: false,
    problem: 'missing or of a wrong type: provider',
  });
});
