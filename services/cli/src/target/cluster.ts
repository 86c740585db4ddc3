import { describeError, KsoError, systemClock } from '@kso/kit';
import { createKubeClient, findConnection, type KubeClient } from '@kso/kube';
import { fail } from '../errors.ts';
import { type CliHost, userPath } from '../host.ts';

export interface ClusterOptions {
  readonly context?: string;
  readonly kubeconfig?: string;
}

export type ClusterLookup =
  | { readonly found: true; readonly client: KubeClient }
  /** `configured` false: there is no kubeconfig at all, which is no problem of anybody. */
  | { readonly found: false; readonly configured: boolean; readonly reason: string; readonly error: unknown };

/** A cluster that does not answer within this time is not there: the user waits for a screen. */
const answerTimeoutMs = 3000;

/** The cluster of the kubeconfig, if it answers. */
export async function findCluster(options: ClusterOptions, host: CliHost): Promise<ClusterLookup> {
  const { context, kubeconfig } = options;
  let client: KubeClient | undefined;
  try {
    const connection = await findConnection({
      env: { ...host.env },
      clock: systemClock,
      home: host.home,
      ...(context === undefined ? {} : { context }),
      ...(kubeconfig === undefined ? {} : { kubeconfig: userPath(host, kubeconfig) }),
    });
    client = createKubeClient(connection, { clock: systemClock, userAgent: 'kso' });
    await client.version(AbortSignal.any([host.signal, AbortSignal.timeout(answerTimeoutMs)]));
    return { found: true, client };
  } catch (error) {
    // Who may not read the version may still read objects.
    if (client !== undefined && statusOf(error) === 403) return { found: true, client };
    await client?.close();
    host.signal.throwIfAborted();
    const isTimeout = error instanceof Error && error.name === 'TimeoutError';
    const server = client?.server ?? '';
    const reason = isTimeout ? `${server} did not answer within ${answerTimeoutMs / 1000} s` : describeError(error);
    const configured = codeOf(error) !== 'KUBE_NOT_CONFIGURED';
    return { found: false, configured, reason, error };
  }
}

/** The cluster that was asked for. @throws KUBECONFIG_INVALID, CLUSTER_UNREACHABLE */
export async function requireCluster(options: ClusterOptions, host: CliHost): Promise<KubeClient> {
  const lookup = await findCluster(options, host);
  if (lookup.found) return lookup.client;
  if (codeOf(lookup.error) === 'KUBECONFIG_INVALID') throw lookup.error;
  throw fail('CLUSTER_UNREACHABLE', { problem: lookup.reason });
}

function statusOf(error: unknown): unknown {
  return error instanceof KsoError ? error.context['status'] : undefined;
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
