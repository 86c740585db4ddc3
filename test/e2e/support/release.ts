import path from 'node:path';
import { until } from '@kso/testkit';
import type { KubeObject } from '@kso/wire';
import { type EndpointClient, endpointClient } from '../../support/endpoint-client.ts';
import { kubectl, list, run } from './node.ts';

const root = path.resolve(import.meta.dirname, '../../..');
const chart = path.join(root, 'charts/kubescape-operator');

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

/** Installs or upgrades and waits until everything is ready. `file` is one of `deploy/values`. */
export function helm(
  action: 'install' | 'upgrade',
  file: string,
  set: Readonly<Record<string, unknown>>,
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
    '--timeout=4m',
  ]);
}

export async function uninstall(): Promise<void> {
  await run('helm', ['uninstall', release, '--namespace', namespace, '--wait', '--timeout', '2m']);
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

/** The cloud-endpoint of the release, with the account that was made at run time. */
export async function endpointOfRelease(): Promise<EndpointClient> {
  const secret = ['secret', 'cloud-endpoint-account', `--namespace=${namespace}`];
  const encoded = await kubectl('get', ...secret, '-o', 'jsonpath={.data.accessKey}');
  const accessKey = Buffer.from(encoded, 'base64').toString('utf8');
  return endpointClient(await serviceUrl('cloud-endpoint', 8090), accessKey);
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
    { within: 90_000, every: 500 },
  );
}

function isReady({ status }: Pod): boolean {
  return status?.conditions?.some(({ type, status: value }) => type === 'Ready' && value === 'True') === true;
}

/** Everything in the cluster that says it belongs to the release, as `kind/name`. */
export async function leftovers(): Promise<readonly string[]> {
  const kinds = (await kubectl('api-resources', '--verbs=list', '-o', 'name')).trim().split('\n');
  const selector = `--selector=app.kubernetes.io/instance=${release}`;
  const names = await kubectl('get', kinds.join(','), '-A', selector, '--ignore-not-found', '-o', 'name');
  return names.split('\n').filter((name) => name !== '');
}
