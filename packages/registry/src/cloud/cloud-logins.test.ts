import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHttpClient, type HttpClient, readOutgoing } from '@kso/kit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type FakeService,
  type FakeServiceAnswer,
  type FakeServiceRequest,
  startFakeService,
} from '../testing/index.ts';
import { type CloudIdentity, createCloudLogins } from './cloud-logins.ts';

const ecrHost = '123456789012.dkr.ecr.eu-west-1.amazonaws.com';
const secretKey = 'secret/key+of/the=role';

let folder: string;
let http: HttpClient;
let cloud: FakeService | undefined;
let time: number;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kso-cloud-'));
  http = createHttpClient({ outgoing: readOutgoing({}) });
  time = Date.parse('2026-01-01T00:00:00Z');
});
afterEach(async () => {
  await http.close();
  await cloud?.stop();
  rmSync(folder, { recursive: true });
});

type Answers = (request: FakeServiceRequest) => FakeServiceAnswer | undefined;

async function logins(answers: Answers, env: NodeJS.ProcessEnv = {}) {
  cloud = await startFakeService(answers);
  const { url } = cloud;
  const clock = { now: () => time, sleep: () => Promise.resolve() };
  const endpoints = {
    ecr: () => `${url}/ecr`,
    sts: () => `${url}/sts`,
    awsMetadata: url,
    googleMetadata: url,
    googleToken: `${url}/google`,
    azureMetadata: url,
    azureLogin: url,
    acr: () => url,
  };
  const lookups: string[] = [];
  const onLookup = (...lookup: readonly [string, string]) => void lookups.push(lookup.join(' '));
  return { logins: createCloudLogins({ http, clock, env, endpoints, onLookup }), requests: cloud.requests, lookups };
}

const ecrAnswer = () => ({
  body: {
    authorizationData: [
      { authorizationToken: Buffer.from('AWS:token:of:ecr').toString('base64'), expiresAt: time / 1000 + 12 * 3600 },
    ],
  },
});
const stsAnswer = {
  body: `<R><Credentials><AccessKeyId>ASIA1</AccessKeyId><SecretAccessKey>${secretKey}</SecretAccessKey><SessionToken>session=</SessionToken></Credentials></R>`,
};

describe('ECR', () => {
  const answers: Answers = ({ headers, body }) => {
    if (headers['x-amz-target'] === 'AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken') return ecrAnswer();
    return body.includes('Action=AssumeRole') ? stsAnswer : undefined;
  };

  it('takes the web identity of the ServiceAccount (IRSA) and signs with the keys of its role', async () => {
    const file = join(folder, 'token');
    writeFileSync(file, 'token-of-the-pod\n');
    const env = { AWS_WEB_IDENTITY_TOKEN_FILE: file, AWS_ROLE_ARN: 'arn:aws:iam::1:role/pull' };
    const { logins: clouds, requests } = await logins(answers, env);
    expect(await clouds.loginFor(ecrHost)).toEqual({
      outcome: 'login',
      cloud: 'aws',
      login: { username: 'AWS', password: 'token:of:ecr' },
    });
    const [sts, ecr] = requests;
    const form = new URLSearchParams(sts?.body);
    expect(Object.fromEntries(form)).toMatchObject({
      Action: 'AssumeRoleWithWebIdentity',
      RoleArn: 'arn:aws:iam::1:role/pull',
      WebIdentityToken: 'token-of-the-pod',
    });
    expect(sts?.headers.authorization).toBeUndefined();
    expect(ecr?.headers.authorization).toMatch(
      /^AWS4-HMAC-SHA256 Credential=ASIA1\/20260101\/eu-west-1\/ecr\/aws4_request/,
    );
    expect(ecr?.headers['x-amz-security-token']).toBe('session=');
    expect(JSON.stringify(requests.map(({ headers, body }) => ({ headers, body })))).not.toContain(secretKey);
  });

  it('takes the keys of the instance by IMDSv2', async () => {
    const keys = { AccessKeyId: 'ASIA2', SecretAccessKey: secretKey, Token: 't' };
    const { logins: clouds, requests } = await logins((request) => {
      const { pathname } = request.url;
      if (pathname === '/latest/api/token') return { body: 'imds-session' };
      if (pathname.endsWith('/security-credentials/')) return { body: 'node-role' };
      if (pathname.endsWith('/security-credentials/node-role')) return { body: keys };
      return answers(request);
    });
    expect(await clouds.loginFor(ecrHost)).toMatchObject({ outcome: 'login' });
    expect(requests[1]?.headers['x-aws-ec2-metadata-token']).toBe('imds-session');
  });

  it('takes a role of another account with given keys', async () => {
    const { logins: clouds, requests } = await logins(answers);
    const keys = { accessKeyId: 'AKIA', secretAccessKey: 'k' };
    const identity: CloudIdentity = { type: 'awsKeys', keys, roleArn: 'arn:aws:iam::2:role/other' };
    expect(await clouds.loginFor(ecrHost, identity)).toMatchObject({ outcome: 'login' });
    expect(requests[0]?.headers.authorization).toContain('Credential=AKIA/');
    expect(requests[1]?.headers.authorization).toContain('Credential=ASIA1/');
  });

  it('keeps a login until a minute before its end, and asks once for many', async () => {
    const env = { AWS_ACCESS_KEY_ID: 'A', AWS_SECRET_ACCESS_KEY: 'B' };
    const { logins: clouds, requests, lookups } = await logins(answers, env);
    await Promise.all([clouds.loginFor(ecrHost), clouds.loginFor(ecrHost)]);
    time += 12 * 3_600_000 - 61_000;
    await clouds.loginFor(ecrHost);
    expect(requests).toHaveLength(1);
    time += 2000;
    await clouds.loginFor(ecrHost);
    expect(requests).toHaveLength(2);
    expect(lookups).toEqual(['aws miss', 'aws coalesced', 'aws hit', 'aws miss']);
  });
});

describe('Google', () => {
  it('takes the token of the metadata server', async () => {
    const { logins: clouds, requests } = await logins(() => ({ body: { access_token: 'ya29', expires_in: 3600 } }));
    const login = { username: 'oauth2accesstoken', password: 'ya29' };
    expect(await clouds.loginFor('europe-docker.pkg.dev')).toEqual({ outcome: 'login', cloud: 'google', login });
    expect(requests[0]?.headers['metadata-flavor']).toBe('Google');
  });

  it('signs an assertion with a service account key, and sends it to Google whatever the key says', async () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const key = JSON.stringify({
      client_email: 'scan@example.iam.gserviceaccount.com',
      private_key_id: 'k1',
      private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
      token_uri: 'https://evil.test/token',
    });
    const { logins: clouds, requests } = await logins(() => ({ body: { access_token: 'ya29', expires_in: 3600 } }));
    expect(await clouds.loginFor('eu.gcr.io', { type: 'googleKey', key })).toMatchObject({ outcome: 'login' });
    expect(requests[0]?.url.pathname).toBe('/google');
    expect(new URLSearchParams(requests[0]?.body).get('assertion')?.split('.')).toHaveLength(3);
  });
});

describe('Azure', () => {
  it('exchanges the token of the managed identity for one of the registry', async () => {
    const { logins: clouds, requests } = await logins(
      ({ url }) => {
        if (url.pathname === '/metadata/identity/oauth2/token') return { body: { access_token: 'directory' } };
        return url.pathname === '/oauth2/exchange' ? { body: { refresh_token: 'refresh' } } : undefined;
      },
      { AZURE_PULL_CLIENT_ID: 'client-1' },
    );
    const login = { username: '00000000-0000-0000-0000-000000000000', password: 'refresh' };
    expect(await clouds.loginFor('shop.azurecr.io')).toEqual({ outcome: 'login', cloud: 'azure', login });
    expect(requests[0]?.url.searchParams.get('client_id')).toBe('client-1');
    expect(requests[0]?.headers['metadata']).toBe('true');
    expect(Object.fromEntries(new URLSearchParams(requests[1]?.body))).toEqual({
      grant_type: 'access_token',
      service: 'shop.azurecr.io',
      access_token: 'directory',
    });
  });
});

it('a cloud without an identity for us is asked once a minute, and says who refused', async () => {
  const { logins: clouds, requests } = await logins(() => ({ status: 403, body: { secret: 'x' } }));
  const answer = await clouds.loginFor('gcr.io');
  expect(answer).toMatchObject({ outcome: 'none', cloud: 'google', detail: expect.stringContaining('HTTP 403') });
  await clouds.loginFor('gcr.io');
  expect(requests).toHaveLength(1);
});

it.each([
  'docker.io',
  'registry.example.com',
  `${ecrHost}.evil.test`,
  'gcr.io.evil.test',
  'evil-azurecr.io',
  'azurecr.io',
])('B29 %s is no registry of a cloud', async (host) => {
  const { logins: clouds, requests } = await logins(() => undefined);
  expect(await clouds.loginFor(host)).toEqual({ outcome: 'notCloud' });
  expect(requests).toHaveLength(0);
});
