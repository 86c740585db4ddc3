import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import type { TimedLogin } from './ecr.ts';
import type { CloudEndpoints } from './endpoints.ts';
import { firstToken, requestToken, type TokenAnswer, type TokenPorts } from './token-request.ts';

export interface AzurePorts extends TokenPorts {
  readonly endpoints: CloudEndpoints;
  readonly env: NodeJS.ProcessEnv;
  readonly now: () => number;
}

const AccessToken = z.object({ access_token: z.string() });
const RefreshToken = z.object({ refresh_token: z.string() });

/** User name that registries of Azure expect beside a refresh token. */
const tokenUser = '00000000-0000-0000-0000-000000000000';
/** Azure's refresh tokens are good for three hours. */
const lifetimeMs = 3 * 60 * 60 * 1000;
const form = { 'content-type': 'application/x-www-form-urlencoded' };

/**
 * A token of Azure's directory for the pod or machine, exchanged for a refresh token of the registry
 * (https://github.com/Azure/acr/blob/main/docs/AAD-OAuth.md).
 */
export async function acrLogin(ports: AzurePorts, host: string): Promise<TokenAnswer<TimedLogin>> {
  const directory = await firstToken([() => workloadIdentity(ports), () => managedIdentity(ports)]);
  if (directory.outcome === 'none') return directory;
  const { access_token } = directory.value;
  const body = new URLSearchParams({ grant_type: 'access_token', service: host, access_token }).toString();
  const url = new URL('/oauth2/exchange', ports.endpoints.acr(host));
  const answer = await requestToken(ports, url, { method: 'POST', headers: form, body }, RefreshToken);
  if (answer.outcome === 'none') return answer;
  const login = { username: tokenUser, password: answer.value.refresh_token };
  return { outcome: 'token', value: { login, expiresAt: ports.now() + lifetimeMs } };
}

/** AKS workload identity: the ServiceAccount's token is exchanged at the directory. */
async function workloadIdentity(ports: AzurePorts): Promise<TokenAnswer<z.infer<typeof AccessToken>>> {
  const { AZURE_CLIENT_ID: client, AZURE_TENANT_ID: tenant, AZURE_FEDERATED_TOKEN_FILE: file } = ports.env;
  if (!client || !tenant || !file) return { outcome: 'none', detail: 'no workload identity' };
  const assertion = await readFile(file, 'utf8').catch(() => undefined);
  if (assertion === undefined) return { outcome: 'none', detail: `the federated token ${file} cannot be read` };
  const url = new URL(`/${encodeURIComponent(tenant)}/oauth2/v2.0/token`, ports.endpoints.azureLogin);
  const body = new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: client,
    scope: 'https://containerregistry.azure.net/.default',
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: assertion.trim(),
  }).toString();
  return requestToken(ports, url, { method: 'POST', headers: form, body }, AccessToken);
}

function managedIdentity({ env, endpoints, ...ports }: AzurePorts): Promise<TokenAnswer<z.infer<typeof AccessToken>>> {
  const url = new URL('/metadata/identity/oauth2/token', endpoints.azureMetadata);
  url.searchParams.set('api-version', '2018-02-01');
  url.searchParams.set('resource', 'https://management.azure.com/');
  const client = env['AZURE_PULL_CLIENT_ID'];
  if (client) url.searchParams.set('client_id', client);
  return requestToken(ports, url, { headers: { metadata: 'true' } }, AccessToken);
}
