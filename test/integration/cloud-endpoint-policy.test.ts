import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createGrype, writeGrypeDatabase } from '@kso/engines';
import { createLogger, createMetrics, noopTracer, systemClock } from '@kso/kit';
import { createSuite, type Suite, suiteConfig } from '@kso/suite';
import { deployment } from '@kso/testkit';
import { jinjaAdvisory, opensslAdvisory } from '@kso/testkit/grype-database';
import { buildImage, debianBaseLayer, layer, pushImage, pythonPackage } from '@kso/testkit/images';
import { missingPrograms } from '@kso/testkit/programs';
import { startRegistry } from '@kso/testkit/registry';
import type { PostureReport } from '@kso/wire';
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from 'vitest';

const cluster = 'test';
const anyPorts = { endpoint: 0, gateway: 0, gatewayWs: 0, operator: 0, scanner: 0, kubevuln: 0, health: 0 };
const logger = createLogger({ service: 'test', level: 'silent' });

interface SuiteOptions {
  readonly images?: object;
  readonly env?: NodeJS.ProcessEnv;
}

interface Posture {
  readonly controls: readonly { controlId: string; status: string; failedObjects: number; acceptedObjects: number }[];
  readonly exceptions: readonly { id: string; status: string }[];
  readonly frameworks: readonly { name: string }[];
}

describe('policy that is kept at the endpoint', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'kso-policy-'));
  const suites: Suite[] = [];
  const noEngines = { PATH: '/nowhere', KSO_TOOLS_DIR: path.join(folder, 'no-tools') };

  beforeAll(() => {
    const driver = deployment({
      name: 'driver',
      namespace: 'shop',
      container: { securityContext: { privileged: true, capabilities: { add: ['BPF'] } } },
    });
    writeFileSync(path.join(folder, 'driver.json'), JSON.stringify(driver));
  });
  afterEach(async () => {
    for (const suite of suites.splice(0)) await suite.stop();
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** Without engines: images are "not evaluated" at once. The endpoint's data outlives each suite. */
  async function startSuite({ images = {}, env = noEngines }: SuiteOptions = {}): Promise<Suite> {
    const config = suiteConfig.schema.parse({
      dataDir: path.join(folder, 'data'),
      clusterName: cluster,
      ports: anyPorts,
      target: { type: 'manifests', name: 'driver', path: path.join(folder, 'driver.json') },
      images: { updateDatabase: false, ...images },
    });
    const suite = createSuite(config, {
      logger,
      loggerFor: () => logger,
      metrics: createMetrics(),
      tracer: noopTracer,
      clock: systemClock,
      env,
    });
    suites.push(suite);
    await suite.start();
    return suite;
  }

  async function scan(suite: Suite): Promise<{ report: PostureReport; posture: Posture }> {
    expect(await suite.scanPosture()).toMatchObject({ ok: true });
    await suite.delivered(AbortSignal.timeout(60_000));
    const { posture: report } = await suite.snapshot();
    if (report === undefined) throw new Error('there is no report');
    const answer = await fetch(`${suite.urls().endpoint}/api/clusters/${cluster}/posture`);
    return { report, posture: (await answer.json()) as Posture };
  }

  async function put(suite: Suite, what: string, document: object): Promise<void> {
    const answer = await fetch(`${suite.urls().endpoint}/api/${what}`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(document),
    });
    expect([what, answer.ok, await answer.text()]).toEqual([what, true, expect.anything()]);
  }

  const controlOf = ({ controls }: Posture, id: string) => controls.find(({ controlId }) => controlId === id);

  it('an exception, a control input and a framework change the next report', async () => {
    const first = await startSuite();
    const before = await scan(first);
    expect(before.report.summaryDetails.controls['C-0057']?.status).toBe('failed');
    expect(controlOf(before.posture, 'C-0046')).toMatchObject({ status: 'failed', failedObjects: 1 });
    await put(first, 'exceptions/posture/driver', {
      resources: [{ designatorType: 'Attributes', attributes: { namespace: 'shop', name: 'driver' } }],
      posturePolicies: [{ controlID: 'C-0057' }],
      reason: 'it talks to the device',
    });
    await put(first, 'control-inputs', { insecureCapabilities: ['SYS_ADMIN'] });
    await put(first, 'frameworks/our-baseline', { controlsIDs: ['C-0057', 'C-0046'] });
    await first.stop();

    const { report, posture } = await scan(await startSuite());
    expect(report.summaryDetails.controls['C-0057']).toMatchObject({
      status: 'passed',
      statusInfo: { subStatus: 'w/exceptions' },
      subStatusCounters: { ignoredResources: 1 },
    });
    expect(controlOf(posture, 'C-0057')).toMatchObject({ status: 'passed', failedObjects: 0, acceptedObjects: 1 });
    expect(controlOf(posture, 'C-0046')).toMatchObject({ status: 'passed', failedObjects: 0 });
    expect(posture.exceptions).toMatchObject([{ id: 'the CloudEndpoint: driver', status: 'applied' }]);
    expect(posture.frameworks.map(({ name }) => name)).toContain('our-baseline');
  });

  it.skipIf(missingPrograms('docker-registry', 'syft', 'grype'))(
    'an exception for a vulnerability takes it out of the counts of the next scan',
    { timeout: 240_000 },
    async () => {
      const registry = await startRegistry();
      onTestFinished(() => registry.stop());
      const image = buildImage({ layers: [debianBaseLayer(), layer(pythonPackage('Jinja2', '2.10'))] });
      await pushImage(registry.url, 'shop/web', '1.0', image);
      const web = deployment({ name: 'driver', namespace: 'shop', image: `${registry.host}/shop/web:1.0` });
      writeFileSync(path.join(folder, 'driver.json'), JSON.stringify(web));
      const databaseDirectory = path.join(folder, 'grype');
      const file = path.join(folder, 'advisories.db');
      await writeGrypeDatabase({ file, advisories: [jinjaAdvisory, opensslAdvisory], built: new Date() });
      await createGrype({ env: process.env, scratchRoot: folder, databaseDirectory }).database.import(file);
      const images = { databaseDirectory, plainHttpRegistries: [registry.host] };

      const first = await startSuite();
      await put(first, 'exceptions/vulnerability/jinja', {
        designators: [{ attributes: { cluster, namespace: 'shop', name: 'driver' } }],
        vulnerabilities: [{ name: 'CVE-2019-10906' }],
      });
      await first.stop();

      const suite = await startSuite({ images, env: process.env });
      await suite.scanPosture();
      await suite.imagesScanned(AbortSignal.timeout(200_000));
      await suite.delivered(AbortSignal.timeout(60_000));
      const read = async (what: string) =>
        (await (await fetch(`${suite.urls().endpoint}/api/clusters/${cluster}/${what}`)).json()) as { items: object[] };
      expect((await read('vulnerabilities')).items).toMatchObject([{ name: 'CVE-2019-10906', isAccepted: true }]);
      expect((await read('images?state=scanned')).items).toMatchObject([{ vulnerabilities: { high: 0 } }]);
    },
  );
});
