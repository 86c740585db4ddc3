import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '@kso/testkit';
import { type Prometheus, startPrometheus } from '@kso/testkit/prometheus';
import type { Registry } from '@kso/testkit/registry';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EndpointClient } from '../support/endpoint-client.ts';
import { postureScan, submit, untilEnded } from './support/commands.ts';
import type { DatabaseServer } from './support/database-server.ts';
import { tellOfFailures, told } from './support/diagnosis.ts';
import { apply, kubectl, list } from './support/node.ts';
import { patiently } from './support/patience.ts';
import { openVault, untilVaultScanned } from './support/private-registry.ts';
import {
  accessKey,
  componentOf,
  endpointOfRelease,
  forgetKinds,
  helm,
  leftovers,
  namespace,
  replacePod,
  serviceUrl,
  servingPods,
  uninstall,
  unrelatedNamespaceComesAndGoes,
} from './support/release.ts';
import { openShop, untilFaultsOfWeb, untilShopScanned, vulnerability } from './support/shop.ts';

const clusterName = 'e2e';

/** True once the text is in the list that the endpoint answers. */
async function found(endpoint: EndpointClient, path: string, text: string): Promise<boolean> {
  const { items } = await endpoint.get<{ items: readonly unknown[] }>(path);
  return JSON.stringify(items).includes(text);
}

/** Accepts what `web` of the shop is privileged for. */
const acceptance = {
  apiVersion: 'kubescape.io/v1beta1',
  kind: 'SecurityException',
  metadata: { name: 'privileged', namespace: 'shop' },
  spec: { reason: 'end-to-end test', posture: [{ controlID: 'C-0057', action: 'ignore' }] },
};

describe('the chart on a real node', () => {
  tellOfFailures();
  let databases: DatabaseServer;
  let vault: Registry;

  beforeAll(async () => {
    databases = await openShop();
    vault = await openVault();
  });
  afterAll(async () => {
    await vault?.stop();
    await databases?.stop();
  });

  describe.each([
    {
      profile: 'default',
      file: 'e2e-default.yaml',
      components: [
        'cloud-endpoint',
        'gateway',
        'inventory',
        'kollector',
        'kubescape',
        'kubevuln',
        'kubevuln-worker',
        'operator',
        'redis',
      ],
    },
    { profile: 'compact', file: 'e2e-compact.yaml', components: ['suite'] },
  ])('profile $profile', ({ profile, file, components }) => {
    const set = {
      'kubescapeScheduler.scanSchedule': '* * * * *',
      // Data outlives a release unless it is told not to.
      'persistence.keep': false,
      'capabilities.riskAcceptance': 'enable',
    };
    let endpoint: EndpointClient;
    /** Commands of this test, by job id. */
    const asked = new Set<string>();

    async function scan(): Promise<string> {
      const jobId = await submit(postureScan);
      asked.add(jobId);
      return jobId;
    }

    /** What `web` fails once the control is not among it any more: the scanner learns of an exception by a watch of its own. */
    function untilFaultsWithout(controlId: string): Promise<readonly string[]> {
      return until(
        `a report in which ${controlId} does not fail`,
        async () => {
          await untilDone(await scan());
          const faults = await untilFaultsOfWeb(endpoint, clusterName);
          return !faults.includes(controlId) && faults;
        },
        patiently,
      );
    }

    /** Waits for the end of a command that was to end well. */
    async function untilDone(jobId: string): Promise<void> {
      expect(await untilEnded(endpoint, clusterName, jobId)).toMatchObject({ status: 'done', errors: [] });
    }

    beforeAll(async () => {
      await told(`install of ${file}`, () => helm('install', { file, set }));
      endpoint = await endpointOfRelease();
    });

    it('runs its components, each with one ready pod', async () => {
      const pods = await servingPods();
      expect(new Set(pods.map(componentOf))).toEqual(new Set(components));
      expect(pods).toHaveLength(components.length);
    });

    it('finds what is wrong with a workload', async () => {
      await untilDone(await scan());
      // The end of a command is told by the operator, its results come from the scanner: either may be first.
      expect(await untilFaultsOfWeb(endpoint, clusterName)).toContain('C-0057');
    });

    it('leaves out of the next report what a SecurityException accepts', async () => {
      await apply(acceptance);
      const others = (await untilFaultsOfWeb(endpoint, clusterName)).filter((id) => id !== 'C-0057');
      expect(await untilFaultsWithout('C-0057')).toEqual(others);
      await kubectl('delete', 'securityexception', 'privileged', '-n', 'shop');
    });

    it('finds the vulnerable package of a running image, which nobody asked for', async () => {
      const images = await untilShopScanned(endpoint, clusterName);
      expect(new Set(images.map(({ workloads }) => workloads[0]?.name))).toEqual(new Set(['web', 'worker']));
      expect(await endpoint.vulnerabilities(clusterName)).toMatchObject([vulnerability]);
    });

    it('carries out a command that comes through the gateway', async () => {
      const jobId = randomUUID();
      asked.add(jobId);
      const answer = await fetch(`${await serviceUrl('gateway', 8002)}/v1/sendnotification`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-api-key': await accessKey() },
        body: JSON.stringify({
          target: { customerGUID: 'local', clusterName, clusterComponent: 'InClusterTriggerHandler', dest: 'trigger' },
          notification: {
            commands: [{ ...postureScan, jobTracking: { jobID: jobId } }],
          },
        }),
      });
      expect(answer.status).toBe(200);
      await untilDone(jobId);
    });

    it.runIf(profile === 'default')('hands on nothing at the gateway for who shows neither key nor token', async () => {
      const answer = await fetch(`${await serviceUrl('gateway', 8002)}/v1/sendnotification`, {
        method: 'POST',
        body: '{}',
      });
      expect(answer.status).toBe(401);
    });

    it('carries out what somebody asks for on the page', async () => {
      const jobId = await endpoint.command(clusterName, postureScan);
      asked.add(jobId);
      expect(await untilEnded(endpoint, clusterName, jobId)).toMatchObject({ status: 'done', errors: [] });
    });

    it('scans an image of a registry that asks for a login, with the pull secret of its workload', async () => {
      expect(await untilVaultScanned(endpoint, clusterName)).toMatchObject({ workloads: [{ name: 'safe' }] });
    });

    it.runIf(profile === 'default')(
      'learns of the cluster from kollector, and of what runs from the inventory',
      async () => {
        const pods = await until(
          'pods of the shop in the reports of kollector',
          () => found(endpoint, `/api/clusters/${clusterName}/state/objects?section=pod&limit=500`, 'shop'),
          patiently,
        );
        expect(pods).toBe(true);
        const images = await until(
          'images of the shop in the inventory',
          () => found(endpoint, `/api/clusters/${clusterName}/inventory?namespace=shop`, '/shop/web'),
          patiently,
        );
        expect(images).toBe(true);
      },
    );

    it.runIf(profile === 'default')('takes no command without a token that it accepts', async () => {
      const url = `${await serviceUrl('operator', 4002)}/v1/triggerAction`;
      const send = async (token?: string) => {
        const authorization = token === undefined ? undefined : { authorization: `Bearer ${token}` };
        const headers = { 'content-type': 'application/json', ...authorization };
        return (await fetch(url, { method: 'POST', headers, body: JSON.stringify({ commands: [postureScan] }) }))
          .status;
      };
      const token = (...args: string[]) => kubectl('create', 'token', 'default', ...args).then((text) => text.trim());
      const audience = '--audience=kubescape-operator';
      expect(await send()).toBe(401);
      // Of another namespace, and for somebody else.
      expect(await send(await token('-n', 'shop', audience))).toBe(401);
      expect(await send(await token('-n', namespace))).toBe(401);
      expect(await send(await token('-n', namespace, audience))).toBe(200);
    });

    it.runIf(profile === 'default')('carries out a command that is an object', async () => {
      const jobId = randomUUID();
      asked.add(jobId);
      const body = Buffer.from(JSON.stringify(postureScan)).toString('base64');
      await apply({
        apiVersion: 'kubescape.io/v1alpha1',
        kind: 'OperatorCommand',
        metadata: { name: 'scan-now', namespace, labels: { 'kubescape.io/app-name': 'operator' } },
        spec: { guid: jobId, commandType: 'OperatorAPI', body },
      });
      const completed = '--for=jsonpath={.status.completed}=true';
      await kubectl('wait', 'operatorcommand/scan-now', '-n', namespace, completed, '--timeout=5m');
      const [{ status }] = (await list('operatorcommands', '-n', namespace)) as unknown as [{ status: object }];
      expect(status).not.toHaveProperty('error');
      await untilDone(jobId);
    });

    it('scans when its CronJob fires, every minute here', async () => {
      const finished = async () => {
        const jobs = await endpoint.jobs(clusterName);
        return jobs.filter(({ action, status }) => action === 'kubescapeScan' && status === 'done');
      };
      const before = new Set((await finished()).map(({ jobId }) => jobId));
      const scans = await until(
        'the end of a scan that this test did not ask for',
        async () => {
          const others = (await finished()).filter(({ jobId }) => !asked.has(jobId) && !before.has(jobId));
          return others.length > 0 && others;
        },
        patiently,
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
      const upgrade = helm('upgrade', { file, set: { ...set, 'logger.level': 'debug' } });
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
    });

    it('gets over the loss of each of its pods', async () => {
      const before = await endpoint.vulnerabilities(clusterName);
      for (const pod of await servingPods()) await replacePod(pod);
      expect(await endpoint.vulnerabilities(clusterName)).toEqual(before);
      // The operator says "not now" until it has found Redis again.
      await untilDone(await until('a command that is taken', scan, patiently));
    });

    it('leaves nothing behind', async () => {
      await uninstall();
      // Definitions of custom resources outlive a release, as everywhere: with them their objects would go.
      expect(await leftovers(undefined, ['customresourcedefinition.apiextensions.k8s.io'])).toEqual([]);
      await unrelatedNamespaceComesAndGoes();
      await kubectl('delete', 'namespace', namespace, '--wait=true', '--timeout=5m');
      await forgetKinds();
    });
  });
});
