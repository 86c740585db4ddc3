import { z } from 'zod';
import type { Login } from '../credentials/credential.ts';
import type { AwsPorts } from './aws-keys.ts';
import { type AwsKeys, signedHeaders } from './signature-v4.ts';
import { requestToken, type TokenAnswer } from './token-request.ts';

/** One call of ECR's JSON API, e.g. `GetAuthorizationToken` (https://docs.aws.amazon.com/AmazonECR/latest/APIReference/). */
export function callEcr<T>(
  ports: AwsPorts,
  { region, keys, action, input }: { region: string; keys: AwsKeys; action: string; input: object },
  shape: z.ZodType<T>,
): Promise<TokenAnswer<T>> {
  const url = new URL('/', ports.endpoints.ecr(region));
  const body = JSON.stringify(input);
  const headers = {
    'content-type': 'application/x-amz-json-1.1',
    'x-amz-target': `AmazonEC2ContainerRegistry_V20150921.${action}`,
  };
  const signed = signedHeaders({ url, service: 'ecr', region, headers, body, at: ports.now() }, keys);
  return requestToken(ports, url, { method: 'POST', headers: signed, body }, shape);
}

const Authorization = z.object({
  authorizationData: z.array(z.object({ authorizationToken: z.string(), expiresAt: z.number() })).min(1),
});

/** A login with the time at which it ends, epoch milliseconds. */
export interface TimedLogin {
  readonly login: Login;
  readonly expiresAt: number;
}

export async function ecrLogin(ports: AwsPorts, region: string, keys: AwsKeys): Promise<TokenAnswer<TimedLogin>> {
  const answer = await callEcr(ports, { region, keys, action: 'GetAuthorizationToken', input: {} }, Authorization);
  if (answer.outcome === 'none') return answer;
  const [data] = answer.value.authorizationData;
  const decoded = Buffer.from(data?.authorizationToken ?? '', 'base64').toString('utf8');
  const colon = decoded.indexOf(':');
  const login = { username: decoded.slice(0, colon), password: decoded.slice(colon + 1) };
  return { outcome: 'token', value: { login, expiresAt: (data?.expiresAt ?? 0) * 1000 } };
}
