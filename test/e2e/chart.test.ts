import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { deployment, until } from '@kso/testkit';
import { type Prometheus, startPrometheus } from '@kso/testkit/prometheus';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EndpointClient } from '../support/endpoint-client.ts';
import { type DatabaseServer, serveDatabase } from './support/database-server.ts';
import { pushRedis, pushWaiting } from './support/images.ts';
import { apply, kubectl, theNode } from './support/node.ts';
import {
  componentOf,
  endpointOfRelease,
  helm,
  leftovers,
  namespace,
  replacePod,
  serviceUrl,
  servingPods,
  uninstall,
} from './support/release.ts';

const clusterName = 'e2e';
const minute = 60_000;

describe('the chart on a real node', () => {
  const node = theNode();
  let databases: DatabaseServer;

  beforeAll(async () => {
    databases = await serveDatabase(node.ip);
    await Promise.all([
      pushRedis(),
      pushWaiting('shop/web', { vulnerable: true }),
      pushWaiting('shop/worker', { vulnerable: false }),
    ]);
    await kubectl('create', 'namespace', 'shop');
    const common = { namespace: 'shop', spec: { terminationGracePeriodSeconds: 1 } };
    await apply(
      deployment({
        ...common,
        name: 'web',
        image: `${node.registry}/shop/web:1.0`,
        container: { securityContext: { privileged: true } },
      }),
      deployment({ ...common, name: 'worker', image: `${node.registry}/shop/worker:1.0` }),
    );
  }, 2 * minute);
  afterAll(() => databases?.stop());

  describe.each([
    {
      profile: 'default',
      file: 'e2e-default.yaml',
      components: ['cloud-endpoint', 'gateway', 'kollector', 'kubescape', 'kubevuln', 'operator', 'redis'],
    },
    { profile: 'compact', file: 'e2e-compact.yaml', components: ['suite'] },
  ])('profile $profile', ({ file, components }) => {
    const settings = () => ({
      'kubevuln.config.grypeDbListingURL': databases.url,
      'kubescapeScheduler.scanSchedule': '* * * * *',
      // Data outlives a release unless it is told not to.
      'persistence.keep': false,
    });
    let endpoint: EndpointClient;
    /** Commands of this test, by job id. */
    const asked = new Set<string>();

    /** A finished posture scan, by the id of the command. */
    const untilDone = (jobId: string) =>
      until(
        `the end of ${jobId}`,
        async () => (await endpoint.jobs(clusterName)).some((job) => job.jobId === jobId && job.status === 'done'),
        { within: minute, every: 250 },
      );

    async function scan(): Promise<string> {
      const answer = await fetch(`${await serviceUrl('operator', 4002)}/v1/triggerAction`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept: 'application/json' },
        body: JSON.stringify({ commands: [{ commandName: 'kubescapeScan', args: { scanV1: {} } }] }),
        signal: AbortSignal.timeout(5000),
      });
      if (!answer.ok) throw new Error(`the operator answered ${answer.status}`);
      const { commands } = (await answer.json()) as { commands: { jobId: string }[] };
      const jobId = commands[0]?.jobId ?? '';
      asked.add(jobId);
      return jobId;
    }

    beforeAll(async () => {
      await helm('install', file, settings());
      endpoint = await endpointOfRelease();
    }, 5 * minute);

    it('runs its components, each with one ready pod', async () => {
      const pods = await servingPods();
      expect(new Set(pods.map(componentOf))).toEqual(new Set(components));
      expect(pods).toHaveLength(components.length);
    });

    it('finds what is wrong with a workload', async () => {
      await untilDone(await scan());
      // The end of a command is told by the operator, its results come from the scanner: either may be first.
      const failed = await until(
        'results of the workload',
        async () => {
          const web = (await endpoint.workloads(clusterName)).find(
            (one) => one.namespace === 'shop' && one.name === 'web',
          );
          return web?.controls.filter(({ status }) => status === 'failed').map(({ controlId }) => controlId);
        },
        { within: minute, every: 250 },
      );
      expect(failed).toContain('C-0057');
    });

    it('finds the vulnerable package of a running image, which nobody asked for', async () => {
      const images = await until(
        'both images of shop',
        async () => {
          const all = await endpoint.untilImages(clusterName, 2);
          const ours = all.filter(({ workloads }) => workloads.some((workload) => workload.namespace === 'shop'));
          return ours.length === 2 && ours.every(({ state }) => state === 'scanned') && ours;
        },
        { within: 2 * minute, every: 500 },
      );
      expect(new Set(images.map(({ workloads }) => workloads[0]?.name))).toEqual(new Set(['web', 'worker']));
      expect(await endpoint.vulnerabilities(clusterName)).toMatchObject([
        { name: 'CVE-2019-10906', package: 'jinja2', version: '2.10', fixedIn: '2.10.1' },
      ]);
    });

    it('carries out a command that comes through the gateway', async () => {
      const jobId = randomUUID();
      asked.add(jobId);
      const answer = await fetch(`${await serviceUrl('gateway', 8002)}/v1/sendnotification`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({
          target: { customerGUID: 'local', clusterName, clusterComponent: 'InClusterTriggerHandler', dest: 'trigger' },
          notification: {
            commands: [{ commandName: 'kubescapeScan', args: { scanV1: {} }, jobTracking: { jobID: jobId } }],
          },
        }),
      });
      expect(answer.status).toBe(200);
      await untilDone(jobId);
    });

    it('scans when its CronJob fires, every minute here', async () => {
      const scans = await until(
        'the end of a scan that this test did not ask for',
        async () => {
          const done = (await endpoint.jobs(clusterName)).filter(({ status }) => status === 'done');
          const others = done.filter(({ action, jobId }) => action === 'kubescapeScan' && !asked.has(jobId));
          return others.length > 0 && others;
        },
        { within: 2 * minute, every: 500 },
      );
      expect(scans[0]?.errors).toEqual([]);
    });

    it('is scraped by Prometheus, every component', async () => {
      const own = (await servingPods()).filter((pod) => componentOf(pod) !== 'redis');
      const targets = own.map((pod) => ({
        job: componentOf(pod),
        url: `http://${pod.status?.podIP}:8000/metrics`,
      }));
      let prometheus: Prometheus | undefined;
      try {
        prometheus = await startPrometheus(targets);
        await prometheus.allUp();
        const up = await prometheus.query('up == 1');
        const scraped = components.filter((name) => name !== 'redis');
        expect(new Set(up.map(({ labels }) => labels['job']))).toEqual(new Set(scraped));
      } finally {
        await prometheus?.stop();
      }
    });

    it('loses no command that was taken during an upgrade', async () => {
      const taken: string[] = [];
      const upgrade = helm('upgrade', file, { ...settings(), 'logger.level': 'debug' });
      const ended = upgrade.then(
        () => true,
        () => true,
      );
      while (!(await Promise.race([ended, sleep(500, false)]))) {
        // While the operator itself is exchanged nobody takes one.
        await scan().then(
          (jobId) => taken.push(jobId),
          () => undefined,
        );
      }
      await upgrade;
      expect(taken.length).toBeGreaterThan(0);
      for (const jobId of taken) await untilDone(jobId);
      const jobs = (await endpoint.jobs(clusterName)).filter(({ jobId }) => taken.includes(jobId));
      expect(jobs.flatMap((job) => job.errors)).toEqual([]);
    });

    it('gets over the loss of each of its pods', async () => {
      const before = await endpoint.vulnerabilities(clusterName);
      for (const pod of await servingPods()) await replacePod(pod);
      expect(await endpoint.vulnerabilities(clusterName)).toEqual(before);
      // The operator says "not now" until it has found Redis again.
      await untilDone(await until('a command that is taken', scan, { within: minute, every: 500 }));
    });

    it('leaves nothing behind', async () => {
      await uninstall();
      // Helm does not wait for what belongs to what it has removed: pods, and the claims that they use.
      let left: readonly string[] = [];
      const gone = async () => {
        left = await leftovers();
        return left.length === 0;
      };
      await until('nothing of the release', gone, { within: minute, every: 500 }).catch(() => undefined);
      expect(left).toEqual([]);
      await kubectl('delete', 'namespace', namespace, '--wait=true', '--timeout=60s');
    });
  });
});
