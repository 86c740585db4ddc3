import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EndpointClient } from '../support/endpoint-client.ts';
import { endsOf, imageScan, postureScan, submit, untilEnded } from './support/commands.ts';
import type { DatabaseServer } from './support/database-server.ts';
import { tellOfFailures, told } from './support/diagnosis.ts';
import { kubectl } from './support/node.ts';
import {
  charts,
  endpointOfRelease,
  forgetKinds,
  helm,
  leftovers,
  namespace,
  uninstall,
  unrelatedNamespaceComesAndGoes,
} from './support/release.ts';
import { openShop, untilShopScanned, vulnerability } from './support/shop.ts';

const clusterName = 'e2e';
const file = 'e2e-default.yaml';

// chart.md 24.11, and complaint 33 of its section 20: an upgrade that fails because a selector is immutable.
describe('an upgrade from the chart before', () => {
  tellOfFailures();
  let databases: DatabaseServer;
  let endpoint: EndpointClient;

  beforeAll(async () => {
    databases = await openShop();
    await told('install of the chart before', () => helm('install', { chart: charts.previous, file }));
    endpoint = await endpointOfRelease();
  });
  afterAll(() => databases?.stop());

  it('ends each command once that was taken before it and during it', async () => {
    const taken = [await submit(postureScan), await submit(imageScan(clusterName))];
    const upgrade = told('upgrade', () => helm('upgrade', { file }));
    const isOver = upgrade.then(
      () => true,
      () => true,
    );
    for (let turn = 0; !(await Promise.race([isOver, sleep(500, false)])); turn += 1) {
      // While the operator itself is exchanged nobody takes one.
      await submit(turn % 2 === 0 ? postureScan : imageScan(clusterName)).then(
        (jobId) => taken.push(jobId),
        () => undefined,
      );
    }
    await upgrade;
    expect(taken.length).toBeGreaterThan(2);
    for (const jobId of taken) {
      const job = await untilEnded(endpoint, clusterName, jobId);
      expect(job.errors).toEqual([]);
      expect(['done', 'success']).toContain(job.status);
      expect(await endsOf(endpoint, clusterName, jobId)).toBe(1);
    }
  });

  it('goes on with what was known', async () => {
    await untilShopScanned(endpoint, clusterName);
    expect(await endpoint.vulnerabilities(clusterName)).toMatchObject([vulnerability]);
  });

  it('leaves volumes and definitions of custom resources, and nothing that hangs', async () => {
    await uninstall();
    const kept = ['persistentvolumeclaim', 'customresourcedefinition.apiextensions.k8s.io'];
    expect(await leftovers(undefined, kept)).toEqual([]);
    await unrelatedNamespaceComesAndGoes();
    await kubectl('delete', 'namespace', namespace, '--wait=true', '--timeout=5m');
    await forgetKinds();
  });
});
