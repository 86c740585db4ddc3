// Runs on the node of the test cluster: npx -y pnpm@12 bench:cluster
// Memory of each pod of a release at rest and while it scans the configuration and the images of a cluster.

import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { until } from '@kso/testkit';
import type { KubeObject } from '@kso/wire';
import type { EndpointClient } from '../support/endpoint-client.ts';
import { postureScan, submit, untilEnded } from './support/commands.ts';
import { pushCrowd, restingObjects } from './support/crowd.ts';
import { apply, kubectl } from './support/node.ts';
import { minute, patiently } from './support/patience.ts';
import { type PodMemory, watchPodMemory } from './support/pod-memory.ts';
import {
  componentOf,
  endpointOfRelease,
  helm,
  leftovers,
  namespace,
  type Pod,
  serviceUrl,
  servingPods,
  uninstall,
} from './support/release.ts';
import { openShop } from './support/shop.ts';

const clusterName = 'e2e';

interface Sizes {
  readonly images: number;
  readonly objects: number;
}

type Resources = Partial<Record<'requests' | 'limits', { readonly memory?: string }>>;

/** Requests and limits of the pod, as `kubectl get` shows them. */
function resourcesOf(pod: Pod): string {
  const { containers = [] } = (pod['spec'] ?? {}) as { containers?: readonly { resources?: Resources }[] };
  return containers
    .map(({ resources = {} }) => `${resources.requests?.memory ?? 'none'} → ${resources.limits?.memory ?? 'none'}`)
    .join(', ');
}

/** A scan of the configuration every ten seconds until all images have a result; answers how many. One after the other would be more than an endpoint takes. */
async function scanEverything(endpoint: EndpointClient, images: number): Promise<number> {
  const deadline = Date.now() + 30 * minute;
  for (;;) {
    const jobId = await submit(postureScan);
    const { errors } = await untilEnded(endpoint, clusterName, jobId);
    if (errors.length > 0) throw new Error(`a scan of the configuration failed: ${await viewOf(jobId)}`);
    const all = await endpoint.images(clusterName);
    const ours = all.filter(({ workloads }) => workloads.some((workload) => workload.namespace === 'crowd'));
    const scanned = ours.filter(({ state }) => state === 'scanned').length;
    if (scanned >= images) return scanned;
    await sleep(10_000);
    if (Date.now() > deadline) throw new Error(`only ${scanned} of ${images} images have a result`);
  }
}

/** The command with its jobs, as the operator has it. */
async function viewOf(jobId: string): Promise<string> {
  const answer = await fetch(`${await serviceUrl('operator', 4002)}/v1/jobs/${jobId}`);
  return (await answer.text()).slice(0, 4000);
}

async function measure(profile: string, file: string, crowd: readonly KubeObject[], { images }: Sizes): Promise<void> {
  await helm('install', { file, set: { 'persistence.keep': false } });
  const endpoint = await endpointOfRelease();
  // Whatever the start brings is over once there are results.
  await until('the first results', async () => (await endpoint.workloads(clusterName)).length > 0, patiently);
  const pods = await servingPods();
  const memory: PodMemory = watchPodMemory(new Set(pods.map(({ metadata }) => metadata.uid ?? '')));
  try {
    await memory.atRest();
    const rest = memory.now();
    memory.forgetPeaks();
    await apply(...crowd);
    const scanned = await scanEverything(endpoint, images);
    await memory.atRest();
    const peaks = memory.peaks();
    console.error(`${profile}: ${scanned} images scanned`);
    for (const pod of pods) {
      const [before, peak] = [rest, peaks].map((map) => Math.round(map.get(pod.metadata.uid ?? '') ?? Number.NaN));
      console.log(`| ${profile} | ${componentOf(pod)} | ${before} | ${peak} | ${resourcesOf(pod)} |`);
    }
  } finally {
    memory.stop();
  }
  await uninstall();
  await leftovers(undefined, ['customresourcedefinition.apiextensions.k8s.io']);
  await kubectl('delete', 'namespace', namespace, 'crowd', '--wait=true', '--timeout=10m');
}

const { values } = parseArgs({
  options: {
    images: { type: 'string', default: '100' },
    objects: { type: 'string', default: '2000' },
    profiles: { type: 'string', default: 'default,compact' },
  },
});
const sizes: Sizes = { images: Number(values.images), objects: Number(values.objects) };
const databases = await openShop();
try {
  console.error(`${sizes.objects} objects and ${sizes.images} images`);
  const crowd = await pushCrowd(sizes.images);
  const objects = restingObjects(sizes.objects);
  for (let start = 0; start < objects.length; start += 500) await apply(...objects.slice(start, start + 500));
  console.log('| profile | pod | at rest, MiB | peak, MiB | memory: requests → limits |\n|---|---|---|---|---|');
  for (const profile of values.profiles.split(',')) await measure(profile, `e2e-${profile}.yaml`, crowd, sizes);
} finally {
  await databases.stop();
}
