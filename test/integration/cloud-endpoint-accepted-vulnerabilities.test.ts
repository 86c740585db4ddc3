import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createGrype, writeGrypeDatabase } from '@kso/engines';
import { freePort } from '@kso/testkit';
import { jinjaAdvisory, opensslAdvisory } from '@kso/testkit/grype-database';
import { buildImage, debianBaseLayer, layer, pushImage, pythonPackage } from '@kso/testkit/images';
import { missingPrograms } from '@kso/testkit/programs';
import { type Registry, startRegistry } from '@kso/testkit/registry';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Deployable, startDeployable } from '../support/deployable.ts';
import { endpointClient } from '../support/endpoint-client.ts';

const cluster = 'accepting';
const patience = { timeout: 120_000, interval: 200 };
const skipped = missingPrograms('docker-registry', 'syft', 'grype');

describe.skipIf(skipped)('a vulnerability exception at the endpoint', { timeout: 240_000 }, () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'kso-accepting-'));
  const databaseDirectory = path.join(folder, 'grype');
  const running: Deployable[] = [];
  let registry: Registry;
  let endpointUrl: string;
  let kubevulnUrl: string;

  beforeAll(async () => {
    registry = await startRegistry();
    const file = path.join(folder, 'advisories.db');
    await writeGrypeDatabase({ file, advisories: [jinjaAdvisory, opensslAdvisory], built: new Date() });
    await createGrype({ env: process.env, scratchRoot: folder, databaseDirectory }).database.import(file);
    const [endpointPort, kubevulnPort] = await Promise.all([freePort(), freePort()]);
    endpointUrl = `http://127.0.0.1:${endpointPort}`;
    kubevulnUrl = `http://127.0.0.1:${kubevulnPort}`;
    running.push(
      await startDeployable({
        name: 'cloud-endpoint',
        prefix: 'KSO_CLOUD_ENDPOINT',
        folder,
        env: { KSO_CLOUD_ENDPOINT_PORT: String(endpointPort) },
      }),
      await startDeployable({
        name: 'kubevuln',
        prefix: 'KSO_KUBEVULN',
        folder,
        env: {
          KSO_KUBEVULN_PORT: String(kubevulnPort),
          KSO_KUBEVULN_DATA_DIR: path.join(folder, 'kubevuln'),
          KSO_KUBEVULN_DATABASE_DIRECTORY: databaseDirectory,
          KSO_KUBEVULN_DATABASE_UPDATE_ENABLED: 'false',
          KSO_KUBEVULN_PLAIN_HTTP_REGISTRIES: registry.host,
          KSO_KUBEVULN_CREDENTIALS_PULL_SECRETS: 'false',
          KSO_KUBEVULN_CREDENTIALS_REGISTRY_SECRETS: 'false',
          KSO_KUBEVULN_REPORT_URL: endpointUrl,
          KSO_KUBEVULN_EXCEPTIONS_REFRESH: '1s',
        },
      }),
    );
  }, 240_000);
  afterAll(async () => {
    for (const { program } of running.toReversed()) await program.stop();
    await registry?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const change = (method: 'PUT' | 'DELETE', body?: object) =>
    fetch(`${endpointUrl}/api/exceptions/vulnerability/jinja-in-shop`, {
      method,
      ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    });

  it('takes a finding of its scope out of the counts, and gives it back when it is deleted', async () => {
    const image = buildImage({ layers: [debianBaseLayer(), layer(pythonPackage('Jinja2', '2.10'))] });
    const digest = await pushImage(registry.url, 'shop/web', '1.0', image);
    const answer = await fetch(`${kubevulnUrl}/v1/scanImage`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        imageTag: `${registry.host}/shop/web:1.0`,
        imageHash: `${registry.host}/shop/web@${digest}`,
        wlid: `wlid://cluster-${cluster}/namespace-shop/deployment-web`,
        containerName: 'app',
        jobID: 'job-1',
      }),
    });
    expect([answer.status, await answer.text()]).toEqual([200, expect.anything()]);
    const endpoint = endpointClient(endpointUrl);
    const state = async () => {
      if (!(await endpoint.clusters()).includes(cluster)) return undefined;
      const [found] = await endpoint
        .get<{ items: { vulnerabilities: { high: number } }[] }>(`/api/clusters/${cluster}/images`)
        .then(({ items }) => items);
      const [finding] = await endpoint
        .get<{ items: { name: string; isAccepted: boolean }[] }>(`/api/clusters/${cluster}/vulnerabilities`)
        .then(({ items }) => items);
      return { high: found?.vulnerabilities.high, isAccepted: finding?.isAccepted };
    };
    await expect.poll(state, patience).toEqual({ high: 1, isAccepted: false });

    const exception = {
      designators: [{ designatorType: 'Attributes', attributes: { namespace: 'shop', kind: 'Deployment' } }],
      vulnerabilities: [{ name: 'CVE-2019-10906' }],
      reason: 'templates come from us',
    };
    expect((await change('PUT', exception)).status).toBe(201);
    await expect.poll(state, patience).toEqual({ high: 0, isAccepted: true });
    expect((await change('DELETE')).status).toBe(204);
    await expect.poll(state, patience).toEqual({ high: 1, isAccepted: false });
  });
});
