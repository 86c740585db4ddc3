import { type Clock, type RotatingToken, rotatingToken } from '@kso/kit';
import { fail } from '../errors.ts';
import { foreignAuth } from './auth-provider.ts';
import { type CachedFile, cachedFile } from './cached-file.ts';
import type { ClusterConnection, RequestHeaders, TlsMaterial } from './connection.ts';
import { createExecPlugin, type ExecPlugin } from './exec-plugin.ts';
import { type KubeconfigOptions, type SelectedContext, selectContext } from './kubeconfig.ts';
import type { KubeconfigCluster, KubeconfigUser } from './kubeconfig-schema.ts';

/**
 * The connection of a kubeconfig's context: client certificates, token, token file, basic auth, exec plugins, impersonation.
 * Undefined when there is no kubeconfig. @throws KUBECONFIG_INVALID
 */
export async function kubeconfigConnection(
  options: KubeconfigOptions & { readonly clock: Clock },
): Promise<ClusterConnection | undefined> {
  const selected = await selectContext(options);
  return selected === undefined ? undefined : connectionOf(selected, options);
}

function connectionOf(
  selected: SelectedContext,
  options: { readonly env: NodeJS.ProcessEnv; readonly clock: Clock },
): ClusterConnection {
  const { cluster, user } = selected;
  const { clock } = options;
  const server = urlOf(cluster.server, 'server', selected);
  const proxyUrl = cluster['proxy-url'] === undefined ? undefined : urlOf(cluster['proxy-url'], 'proxy-url', selected);
  const plugin = execPluginOf(selected, options);
  const token = tokenOf(user, clock);
  const provider = user['auth-provider'] ? foreignAuth(selected) : undefined;
  const tls = tlsOf(cluster, user, clock, plugin);

  return {
    name: selected.name,
    server,
    ...(selected.namespace === undefined ? {} : { namespace: selected.namespace }),
    ...(proxyUrl === undefined ? {} : { proxyUrl }),
    tls,
    headers: async () => ({
      ...impersonation(user),
      ...(await authorization(user, { plugin, token })),
      ...(await provider?.headers()),
    }),
    refused: () => {
      plugin?.refused();
      token?.rejected();
    },
  };
}

async function authorization(
  user: KubeconfigUser,
  { plugin, token }: { plugin: ExecPlugin | undefined; token: RotatingToken | undefined },
): Promise<Record<string, string>> {
  if (token !== undefined) return { authorization: `Bearer ${await token.get()}` };
  if (user.token !== undefined) return { authorization: `Bearer ${user.token}` };
  if (user.username !== undefined) {
    const pair = Buffer.from(`${user.username}:${user.password ?? ''}`).toString('base64');
    return { authorization: `Basic ${pair}` };
  }
  const credential = await plugin?.get();
  return credential?.token === undefined ? {} : { authorization: `Bearer ${credential.token}` };
}

function impersonation(user: KubeconfigUser): RequestHeaders {
  if (user.as === undefined) return {};
  const groups = user['as-groups'] ?? [];
  return { 'impersonate-user': user.as, ...(groups.length === 0 ? {} : { 'impersonate-group': groups }) };
}

function tokenOf(user: KubeconfigUser, clock: Clock): RotatingToken | undefined {
  return user.tokenFile === undefined ? undefined : rotatingToken(user.tokenFile, { clock });
}

function execPluginOf(
  selected: SelectedContext,
  options: { readonly env: NodeJS.ProcessEnv; readonly clock: Clock },
): ExecPlugin | undefined {
  const { cluster, user } = selected;
  if (!user.exec) return undefined;
  return createExecPlugin({
    ...options,
    exec: user.exec,
    userName: selected.userName,
    folder: selected.userFolder,
    clusterInfo: {
      server: cluster.server,
      'certificate-authority-data': cluster['certificate-authority-data'],
      'tls-server-name': cluster['tls-server-name'],
      'insecure-skip-tls-verify': cluster['insecure-skip-tls-verify'],
    },
  });
}

/** PEM text from `…-data` (base64) or from a file; data wins, as in kubectl. */
function pemOf(data: string | undefined, file: string | undefined, clock: Clock): CachedFile | undefined {
  if (data !== undefined) {
    const text = Buffer.from(data, 'base64').toString('utf8');
    return { get: () => Promise.resolve(text) };
  }
  return file === undefined ? undefined : cachedFile(file, clock);
}

function tlsOf(
  cluster: KubeconfigCluster,
  user: KubeconfigUser,
  clock: Clock,
  plugin: ExecPlugin | undefined,
): () => Promise<TlsMaterial> {
  const ca = pemOf(cluster['certificate-authority-data'], cluster['certificate-authority'], clock);
  const cert = pemOf(user['client-certificate-data'], user['client-certificate'], clock);
  const key = pemOf(user['client-key-data'], user['client-key'], clock);
  let known: TlsMaterial = {};
  return async () => {
    const issued = cert === undefined ? await plugin?.get() : undefined;
    const material = withoutUndefined({
      ca: await ca?.get(),
      cert: issued?.cert ?? (await cert?.get()),
      key: issued?.key ?? (await key?.get()),
      servername: cluster['tls-server-name'],
      insecure: cluster['insecure-skip-tls-verify'],
    });
    const isSame =
      known.ca === material.ca &&
      known.cert === material.cert &&
      known.key === material.key &&
      known.servername === material.servername &&
      known.insecure === material.insecure;
    if (!isSame) known = material;
    return known;
  };
}

type Optional<T> = { readonly [K in keyof T]: T[K] | undefined };

function withoutUndefined(material: Optional<Required<TlsMaterial>>): TlsMaterial {
  return Object.fromEntries(Object.entries(material).filter(([, value]) => value !== undefined)) as TlsMaterial;
}

function urlOf(text: string, field: string, selected: SelectedContext): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url !== undefined && (url.protocol === 'http:' || url.protocol === 'https:')) return url;
  throw fail('KUBECONFIG_INVALID', {
    file: selected.files.join(', '),
    reason: `${field} of context ${selected.name} is not an http or https URL`,
  });
}
