import { createSign } from 'node:crypto';
import { z } from 'zod';
import { parseJson } from '../response-body.ts';
import type { TimedLogin } from './ecr.ts';
import type { CloudEndpoints } from './endpoints.ts';
import { requestToken, type TokenAnswer, type TokenPorts } from './token-request.ts';

export interface GooglePorts extends TokenPorts {
  readonly endpoints: CloudEndpoints;
  readonly now: () => number;
}

const AccessToken = z.object({ access_token: z.string(), expires_in: z.number() });
const ServiceAccountKey = z.object({ client_email: z.string(), private_key: z.string(), private_key_id: z.string() });

/** Token of the pod's or machine's ServiceAccount, from the metadata server. */
export async function googleMetadataLogin(ports: GooglePorts): Promise<TokenAnswer<TimedLogin>> {
  const path = '/computeMetadata/v1/instance/service-accounts/default/token';
  const url = new URL(path, ports.endpoints.googleMetadata);
  const headers = { 'metadata-flavor': 'Google' };
  return timed(ports, await requestToken(ports, url, { headers }, AccessToken));
}

/**
 * Token for a service account key (RFC 7523, https://developers.google.com/identity/protocols/oauth2/service-account). The key's own
 * `token_uri` is not used: a key from a Secret must not choose who sees what it signs.
 */
export async function googleKeyLogin(ports: GooglePorts, key: string): Promise<TokenAnswer<TimedLogin>> {
  const parsed = ServiceAccountKey.safeParse(parseJson(Buffer.from(key)));
  if (!parsed.success) return { outcome: 'none', detail: 'the service account key is no key' };
  const url = new URL(ports.endpoints.googleToken);
  const assertion = signAssertion(parsed.data, ports);
  if (assertion === undefined) return { outcome: 'none', detail: 'the private key of the service account is unusable' };
  const body = new URLSearchParams({ grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion });
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  return timed(ports, await requestToken(ports, url, { method: 'POST', headers, body: body.toString() }, AccessToken));
}

function signAssertion(key: z.infer<typeof ServiceAccountKey>, ports: GooglePorts): string | undefined {
  const issuedAt = Math.floor(ports.now() / 1000);
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const text = `${part({ alg: 'RS256', typ: 'JWT', kid: key.private_key_id })}.${part({
    iss: key.client_email,
    scope: 'https://www.googleapis.com/auth/cloud-platform',
    aud: ports.endpoints.googleToken,
    iat: issuedAt,
    exp: issuedAt + 600,
  })}`;
  try {
    return `${text}.${createSign('RSA-SHA256').update(text).sign(key.private_key, 'base64url')}`;
  } catch {
    return undefined;
  }
}

function timed({ now }: GooglePorts, answer: TokenAnswer<z.infer<typeof AccessToken>>): TokenAnswer<TimedLogin> {
  if (answer.outcome === 'none') return answer;
  const { access_token: password, expires_in: seconds } = answer.value;
  const login = { username: 'oauth2accesstoken', password };
  return { outcome: 'token', value: { login, expiresAt: now() + seconds * 1000 } };
}
