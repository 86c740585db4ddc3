import path from 'node:path';
import { until } from '@kso/testkit';
import type { KubeObject } from '@kso/wire';
import { type EndpointClient, endpointClient } from '../../support/endpoint-client.ts';
import { kubectl, list, run } from './node.ts';
import { patiently } from './patience.ts';

const root = path.resolve(import.meta.dirname, '../../..');

/** The chart of this checkout, and the packaged one that came before it. */
export const charts = {
  current: path.join(root, 'charts/kubescape-operator'),
  previous: path.join(root, 'test/e2e/previous-chart/kubescape-operator.tgz'),
} as const;

export const release = 'kubescape';
export const namespace = 'kubescape';

export interface Pod extends KubeObject {
  readonly status?: {
    readonly podIP?: string;
    readonly phase?: string;
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  };
}

interface Service extends KubeObject {
  readonly spec?: { readonly clusterIP: string };
}

export interface HelmOptions {
  readonly chart?: string;
  /** One of `deploy/values`. */
  readonly file: string;
  readonly set?: Readonly<Record<string, unknown>>;
}

/** Installs or upgrades and waits until everything is ready. */
export function helm(
  action: 'install' | 'upgrade',
  { chart = charts.current, file, set = {} }: HelmOptions,
): Promise<string> {
  const values = Object.entries(set).flatMap(([key, value]) => ['--set-json', `${key}=${JSON.stringify(value)}`]);
  return run('helm', [
    action,
    release,
    chart,
    `--namespace=${namespace}`,
    ...(action === 'install' ? ['--create-namespace'] : []),
    `--values=${path.join(root, 'deploy/values', file)}`,
    ...values,
    '--wait',
    '--timeout=10m',
  ]);
}

export async function uninstall(): Promise<void> {
  await run('helm', ['uninstall', release, '--namespace', namespace, '--wait', '--timeout', '10m']);
}

/**
 * Removes what a release leaves in the cluster on purpose: definitions of custom resources, which a release of another name could not
 * take over.
 */
export async function forgetKinds(of: string = release): Promise<void> {
  await kubectl('delete', 'customresourcedefinitions', '-l', `app.kubernetes.io/instance=${of}`, '--wait=true');
}

/** Pods of the release that stay; not those of Jobs. */
export async function servingPods(): Promise<readonly Pod[]> {
  const pods = await list<Pod>('pods', '-n', namespace, '-l', `app.kubernetes.io/instance=${release}`);
  return pods.filter(({ metadata }) => metadata?.ownerReferences?.every(({ kind }) => kind !== 'Job') === true);
}

export const componentOf = ({ metadata }: KubeObject) => metadata?.labels?.['app.kubernetes.io/component'] ?? '';

/** `http://IP:port` of a Service of the release. */
export async function serviceUrl(name: string, port: number): Promise<string> {
  const service = JSON.parse(await kubectl('get', 'service', name, '-n', namespace, '-o', 'json')) as Service;
  return `http://${service.spec?.clusterIP}:${port}`;
}

/** Of the account that was made at run time. */
export async function accessKey(): Promise<string> {
  const secret = ['secret', 'cloud-endpoint-account', `--namespace=${namespace}`];
  const encoded = await kubectl('get', ...secret, '-o', 'jsonpath={.data.accessKey}');
  return Buffer.from(encoded, 'base64').toString('utf8');
}

/** The cloud-endpoint of the release. */
export async function endpointOfRelease(): Promise<EndpointClient> {
  return endpointClient(await serviceUrl('cloud-endpoint', 8090), await accessKey());
}

/** Deletes the pod and waits until another one is ready in its place. */
export async function replacePod(pod: Pod): Promise<void> {
  const component = componentOf(pod);
  await kubectl('delete', 'pod', pod.metadata?.name ?? '', '-n', namespace, '--wait=true');
  await until(
    `a new pod of ${component}`,
    async () => {
      const now = (await servingPods()).filter((other) => componentOf(other) === component);
      return now.length > 0 && now.every((other) => other.metadata?.uid !== pod.metadata?.uid && isReady(other));
    },
    patiently,
  );
}

function isReady({ status }: Pod): boolean {
  return status?.conditions?.some(({ type, status: value }) => type === 'Ready' && value === 'True') === true;
}

/**
 * What is in the cluster when everything has gone that a release leaves for a moment, as `kind/name`: Helm does not wait for what
 * belongs to what it has removed (pods, and the claims that they use). `keeps`: kinds that a release leaves on purpose.
 */
export async function leftovers(instance = release, keeps: readonly string[] = []): Promise<readonly string[]> {
  let left: readonly string[] = [];
  const gone = async () => {
    left = (await objectsOf(instance)).filter((name) => !keeps.some((kind) => name.startsWith(`${kind}/`)));
    return left.length === 0;
  };
  await until('nothing of the release', gone, { within: 120_000, every: 500 }).catch(() => undefined);
  return left;
}

/** Everything in the cluster that says it belongs to the release. */
async function objectsOf(instance: string): Promise<readonly string[]> {
  const kinds = (await kubectl('api-resources', '--verbs=list', '-o', 'name')).trim().split('\n');
  const selector = `--selector=app.kubernetes.io/instance=${instance}`;
  const names = await kubectl('get', kinds.join(','), '-A', selector, '--ignore-not-found', '-o', 'name');
  return names.split('\n').filter((name) => name !== '');
}

/** Namespaces hang when an aggregated API or a webhook has lost its server: one that has nothing to do with the release tells. */
export async function unrelatedNamespaceComesAndGoes(): Promise<void> {
  await kubectl('create', 'namespace', 'unrelated');
  await kubectl('create', 'configmap', 'something', '-n', 'unrelated', '--from-literal=a=b');
  await kubectl('delete', 'namespace', 'unrelated', '--wait=true', '--timeout=5m');
}
