import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import type { CloudEndpoints } from './endpoints.ts';
import { type AwsKeys, signedHeaders } from './signature-v4.ts';
import { firstToken, requestText, requestToken, type TokenAnswer, type TokenPorts } from './token-request.ts';

export interface AwsPorts extends TokenPorts {
  readonly endpoints: CloudEndpoints;
  readonly env: NodeJS.ProcessEnv;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

/**
 * The pod's own keys, in the order of AWS' SDKs: environment, the ServiceAccount's web identity (IRSA), EKS pod identity or ECS
 * container, the instance's role.
 */
export function ambientKeys(ports: AwsPorts, region: string): Promise<TokenAnswer<AwsKeys>> {
  return firstToken([
    () => Promise.resolve(fromEnvironment(ports.env)),
    () => fromWebIdentity(ports, region),
    () => fromContainer(ports),
    () => fromInstance(ports),
  ]);
}

function fromEnvironment(env: NodeJS.ProcessEnv): TokenAnswer<AwsKeys> {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_SESSION_TOKEN: token } = env;
  if (!accessKeyId || !secretAccessKey) return { outcome: 'none', detail: 'no keys in the environment' };
  return { outcome: 'token', value: { accessKeyId, secretAccessKey, ...(token ? { sessionToken: token } : {}) } };
}

async function fromWebIdentity(ports: AwsPorts, region: string): Promise<TokenAnswer<AwsKeys>> {
  const { AWS_WEB_IDENTITY_TOKEN_FILE: file, AWS_ROLE_ARN: role, AWS_ROLE_SESSION_NAME: session } = ports.env;
  if (!file || !role) return { outcome: 'none', detail: 'no web identity' };
  const token = await readFile(file, 'utf8').catch(() => undefined);
  if (token === undefined) return { outcome: 'none', detail: `the web identity token ${file} cannot be read` };
  return assumeRole(ports, region, {
    Action: 'AssumeRoleWithWebIdentity',
    RoleArn: role,
    RoleSessionName: session || 'kso',
    WebIdentityToken: token.trim(),
  });
}

/** A role of another account, with keys that may take it (v2 registry objects with a `roleARN`). */
export function keysOfRole(
  ports: AwsPorts,
  region: string,
  keys: AwsKeys,
  roleArn: string,
): Promise<TokenAnswer<AwsKeys>> {
  return assumeRole(ports, region, { Action: 'AssumeRole', RoleArn: roleArn, RoleSessionName: 'kso' }, keys);
}

async function assumeRole(
  ports: AwsPorts,
  region: string,
  parameters: Readonly<Record<string, string>>,
  keys?: AwsKeys,
): Promise<TokenAnswer<AwsKeys>> {
  const url = new URL('/', ports.endpoints.sts(region));
  const body = new URLSearchParams({ ...parameters, Version: '2011-06-15' }).toString();
  const plain = { 'content-type': 'application/x-www-form-urlencoded' };
  const signable = { url, service: 'sts', region, headers: plain, body, at: ports.now() };
  const headers = keys === undefined ? plain : signedHeaders(signable, keys);
  const answer = await requestText(ports, url, { method: 'POST', headers, body });
  if (answer.outcome === 'none') return answer;
  const accessKeyId = element(answer.value, 'AccessKeyId');
  const secretAccessKey = element(answer.value, 'SecretAccessKey');
  const sessionToken = element(answer.value, 'SessionToken');
  if (accessKeyId === undefined || secretAccessKey === undefined || sessionToken === undefined) {
    return { outcome: 'none', detail: `${url.host} answered something else` };
  }
  return { outcome: 'token', value: { accessKeyId, secretAccessKey, sessionToken } };
}

/** STS answers XML of a fixed shape whose values are of base64 characters: no parser is needed for three of them. */
function element(xml: string, name: string): string | undefined {
  return new RegExp(`<${name}>\\s*([A-Za-z0-9+/=_-]+)\\s*</${name}>`).exec(xml)?.[1];
}

const MetadataKeys = z.object({ AccessKeyId: z.string(), SecretAccessKey: z.string(), Token: z.string() });

async function fromContainer(ports: AwsPorts): Promise<TokenAnswer<AwsKeys>> {
  const { env } = ports;
  const relative = env['AWS_CONTAINER_CREDENTIALS_RELATIVE_URI'];
  const address = relative ? `http://169.254.170.2${relative}` : env['AWS_CONTAINER_CREDENTIALS_FULL_URI'];
  const url = address ? URL.parse(address) : null;
  if (url === null) return { outcome: 'none', detail: 'no container identity' };
  const file = env['AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE'];
  const token = file
    ? await readFile(file, 'utf8').then(
        (text) => text.trim(),
        () => undefined,
      )
    : env['AWS_CONTAINER_AUTHORIZATION_TOKEN'];
  return readKeys(ports, url, token ? { authorization: token } : {});
}

async function fromInstance(ports: AwsPorts): Promise<TokenAnswer<AwsKeys>> {
  const { awsMetadata } = ports.endpoints;
  const session = await requestText(ports, new URL('/latest/api/token', awsMetadata), {
    method: 'PUT',
    headers: { 'x-aws-ec2-metadata-token-ttl-seconds': '300' },
  });
  if (session.outcome === 'none') return session;
  const headers = { 'x-aws-ec2-metadata-token': session.value };
  const folder = '/latest/meta-data/iam/security-credentials/';
  const role = await requestText(ports, new URL(folder, awsMetadata), { headers });
  if (role.outcome === 'none') return role;
  const [name = ''] = role.value.split('\n');
  return readKeys(ports, new URL(`${folder}${encodeURIComponent(name.trim())}`, awsMetadata), headers);
}

async function readKeys(
  ports: AwsPorts,
  url: URL,
  headers: Readonly<Record<string, string>>,
): Promise<TokenAnswer<AwsKeys>> {
  const answer = await requestToken(ports, url, { headers }, MetadataKeys);
  if (answer.outcome === 'none') return answer;
  const { AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey, Token: sessionToken } = answer.value;
  return { outcome: 'token', value: { accessKeyId, secretAccessKey, sessionToken } };
}
