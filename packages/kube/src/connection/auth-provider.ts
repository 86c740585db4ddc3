import type { KubeConfig } from '@kubernetes/client-node';
import { fail } from '../errors.ts';
import type { RequestHeaders } from './connection.ts';
import type { SelectedContext } from './kubeconfig.ts';

/**
 * The old `auth-provider` entries (`oidc`, `gcp`, `azure`), which exec plugins have replaced. Those who still have one get it by the
 * client library, loaded when it is needed: it costs 85 MB (docs/adr/0005-kubernetes-client.md), everybody else pays nothing.
 */
export function foreignAuth(selected: SelectedContext): { headers(): Promise<RequestHeaders> } {
  let config: Promise<KubeConfig> | undefined;
  const refuse = (cause: unknown) =>
    fail(
      'KUBE_CREDENTIALS',
      { user: selected.userName, reason: `auth-provider ${providerOf(selected).name} failed` },
      cause,
    );
  return {
    headers: async () => {
      config ??= loadConfig(selected);
      const options: { headers?: Record<string, unknown> } = {};
      try {
        await (await config).applyToHTTPSOptions(options as Parameters<KubeConfig['applyToHTTPSOptions']>[0]);
      } catch (error) {
        throw refuse(error);
      }
      const value = options.headers?.['Authorization'];
      if (typeof value !== 'string') throw refuse(undefined);
      return { authorization: value };
    },
  };
}

async function loadConfig(selected: SelectedContext): Promise<KubeConfig> {
  const { KubeConfig } = await import('@kubernetes/client-node');
  const config = new KubeConfig();
  config.loadFromClusterAndUser(
    { name: 'cluster', server: selected.cluster.server, skipTLSVerify: false },
    { name: selected.userName, authProvider: providerOf(selected) },
  );
  return config;
}

function providerOf({ user }: SelectedContext): { readonly name: string; readonly config: unknown } {
  const provider = user['auth-provider'];
  return { name: provider?.name ?? '', config: provider?.config ?? {} };
}
