import { until } from '@kso/testkit';
import type { EndpointClient, EndpointJob } from '../../support/endpoint-client.ts';
import { kubectl } from './node.ts';
import { patiently } from './patience.ts';
import { namespace, serviceUrl } from './release.ts';

export const postureScan = { commandName: 'kubescapeScan', args: { scanV1: {} } };
/** Of all images that run. */
export const imageScan = (clusterName: string) => ({ commandName: 'scan', wildWlid: `wlid://cluster-${clusterName}` });

/** For the operator of the release, which asks for one in the default profile. */
export const operatorToken = () =>
  kubectl('create', 'token', 'default', `--namespace=${namespace}`, '--audience=kubescape-operator');

/** Gives the operator a command and answers its job id. @throws when it is not taken */
export async function submit(command: object): Promise<string> {
  const url = `${await serviceUrl('operator', 4002)}/v1/triggerAction`;
  const headers = {
    'content-type': 'application/json',
    accept: 'application/json',
    authorization: `Bearer ${(await operatorToken()).trim()}`,
  };
  const body = JSON.stringify({ commands: [command] });
  // A Service leads to a pod a moment after that is ready; before, connections are refused and nothing was sent.
  const answer = await until(
    'an answer of the operator',
    () => fetch(url, { method: 'POST', headers, body, signal: AbortSignal.timeout(30_000) }),
    patiently,
  );
  if (!answer.ok) throw new Error(`the operator answered ${answer.status}`);
  const { commands } = (await answer.json()) as { commands: { jobId: string }[] };
  const jobId = commands[0]?.jobId;
  if (jobId === undefined) throw new Error('the operator gave no job id');
  return jobId;
}

/** Statuses with which a job report says that nothing more comes. */
const ended = new Set(['done', 'success', 'warning', 'failure']);

/** How a command has ended, as the CloudEndpoint was told. */
export function untilEnded(endpoint: EndpointClient, clusterName: string, jobId: string): Promise<EndpointJob> {
  return until(
    `the end of ${jobId}`,
    async () => (await endpoint.jobs(clusterName)).find((job) => job.jobId === jobId && ended.has(job.status)),
    patiently,
  );
}

/** How often the CloudEndpoint has been told of the end of a command. */
export async function endsOf(endpoint: EndpointClient, clusterName: string, jobId: string): Promise<number> {
  const path = `/api/clusters/${clusterName}/jobs/${jobId}/steps`;
  const { items } = await endpoint.get<{ items: readonly { status: string }[] }>(path);
  return items.filter(({ status }) => ended.has(status)).length;
}
