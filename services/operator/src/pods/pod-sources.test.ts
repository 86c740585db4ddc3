import { createKubeClient, createOwnerLookup, createPodReader } from '@kso/kube';
import { startFakeApiServer } from '@kso/kube/testing';
import { systemClock } from '@kso/kit';
import { expect, it } from 'vitest';
import { patiently, runningPod, testOperator } from '../testing/test-operator.ts';
import { clusterPods } from './pod-sources.ts';

const workloads = 600;
const replicas = 4;

it('B15 a scan of a large cluster reads pods page by page, and gives each workload out once', async () => {
  const server = await startFakeApiServer();
  for (let n = 0; n < workloads * replicas; n += 1) {
    const workload = `Deployment/web-${n % workloads}`;
    const images = { app: `registry.example.com/web-${n % 60}:1` };
    server.put(runningPod({ name: `pod-${n}`, namespace: `ns-${n % 40}`, top: workload, images }));
  }
  const client = createKubeClient(server.connection(), { clock: systemClock, userAgent: 'kso-test' });
  const reader = createPodReader(client, createOwnerLookup(client, systemClock));
  const { queue, operator, post, stop } = testOperator({ ports: { pods: clusterPods(reader) } });
  await operator.start();
  await post({ commands: [{ commandName: 'scan', wildWlid: 'wlid://cluster-prod', jobTracking: { jobID: 'all' } }] });
  const lists = () => server.requests.filter(({ url }) => url.startsWith('/api/v1/pods?'));
  await expect.poll(async () => (await queue.getParent('all'))?.sealed, patiently).toBe(true);

  expect(await queue.getParent('all')).toMatchObject({ total: workloads, note: { errors: [] } });
  expect(lists().length).toBeGreaterThan(2);
  await stop();
  await client.close();
  await server.stop();
});
