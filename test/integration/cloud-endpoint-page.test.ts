import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type CloudEndpoint, cloudEndpointConfig, createCloudEndpoint, type Notifications } from '@kso/cloud-endpoint';
import { containerScan, postureReport, scanFailure, systemReport } from '@kso/cloud-endpoint/testing';
import { createPoster, type Poster } from '@kso/delivery';
import { createLogger, createMetrics, noopTracer, systemClock } from '@kso/kit';
import { openSqliteStore, type Store } from '@kso/store';
import { missingPrograms, requireProgram } from '@kso/testkit/programs';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const cannotRun = missingPrograms('chromium');

const evil = '<img src=x onerror=alert(1)>';
const privileged = {
  id: 'C-0057',
  name: 'Privileged container',
  scoreFactor: 8,
  messages: ['Container "web" is privileged.'],
  paths: [{ fixPath: { path: 'spec.template.spec.containers[0].securityContext.privileged', value: 'false' } }],
};
const kubelet = {
  id: 'C-0069',
  name: 'Kubelet without anonymous access',
  scoreFactor: 10,
  status: 'skipped' as const,
  subStatus: 'integration',
  info: 'host data is not collected',
};

describe.skipIf(cannotRun !== undefined)('the page of the cloud-endpoint', () => {
  const ports = {
    logger: createLogger({ service: 'test', level: 'silent' }),
    metrics: createMetrics(),
    tracer: noopTracer,
    clock: systemClock,
  };
  const folder = mkdtempSync(path.join(tmpdir(), 'kso-page-'));
  let endpoint: CloudEndpoint;
  let store: Store;
  let poster: Poster;
  let browser: Browser;
  let page: Page;
  const faults: string[] = [];
  const commands: { commandName: string; jobTracking: { jobID: string } }[] = [];
  const gateway: Notifications = {
    send: async ({ notification }) => {
      commands.push(...(notification as unknown as { commands: typeof commands }).commands);
      return { outcome: 'sent', receivers: 1 };
    },
  };

  /** On the way that all reports go: outbox, poster, endpoint. */
  async function deliver(reports: readonly (readonly [route: string, report: object])[]) {
    store.outbox.put(
      reports.map(([route, report]) => {
        const body = JSON.stringify(report);
        return { idempotencyKey: `${route} ${body}`.slice(0, 400), path: route, body, group: route };
      }),
    );
    poster.wake();
    await poster.idle();
    expect(store.outbox.stats()).toMatchObject({ queued: 0, undeliverable: 0 });
  }

  beforeAll(async () => {
    const config = cloudEndpointConfig.schema.parse({ port: 0, dataDir: folder });
    endpoint = createCloudEndpoint(config, { ...ports, notifications: gateway });
    await endpoint.start();
    store = openSqliteStore({ path: path.join(folder, 'outbox.db') });
    poster = createPoster({ outbox: store.outbox, target: { url: endpoint.url() ?? '' }, service: 'test', ...ports });
    poster.start();
    browser = await chromium.launch({
      executablePath: requireProgram('chromium'),
      args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--disable-background-networking', '--disable-sync'],
    });
    page = await browser.newPage();
    page.on('pageerror', (error) => faults.push(error.message));
    page.on('console', (message) => message.type() === 'error' && faults.push(message.text()));
    page.on('dialog', (dialog) => {
      faults.push(`dialog ${dialog.message()}`);
      void dialog.dismiss();
    });
  });

  afterAll(async () => {
    await browser?.close();
    await poster?.stop();
    await endpoint?.stop();
    store?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('says what to expect before the first report, and shows that report without a reload', async () => {
    await page.goto(endpoint.url() ?? '');
    await page.getByText('No report yet').waitFor();
    await page.getByText('Image scans need Syft, Grype').waitFor();

    const objects = [
      { name: 'web', file: 'shop/web.yaml', controls: [privileged, kubelet] },
      { name: evil, namespace: 'shop', controls: [privileged] },
    ];
    await deliver([['/k8s/v2/postureReport', postureReport({ objects })]]);
    await page.getByRole('heading', { name: 'minikube' }).waitFor();
    await page.getByText('No image result yet').first().waitFor();
    expect(await page.getByText('No report yet').count()).toBe(0);
  });

  it('shows failed controls of a workload with place and fix, and what was not evaluated', async () => {
    const row = page.locator('.rows li').filter({ hasText: 'shop/web.yaml' });
    await row.getByText('1 high').waitFor();
    await row.locator('summary').press('Enter');
    const wanted = [
      'Privileged container',
      'C-0057',
      'Container "web" is privileged.',
      'spec.template.spec.containers[0].securityContext.privileged',
      '= false',
      'host data is not collected',
    ];
    for (const text of wanted) await row.getByText(text, { exact: true }).waitFor();
    expect(await row.locator('.finding').count()).toBe(2);
  });

  it('shows a name out of a cluster as text, whatever is in it', async () => {
    await page.getByText(evil, { exact: true }).waitFor();
    expect(await page.locator('main img').count()).toBe(0);
  });

  it('keeps what is open when a change arrives', async () => {
    await deliver([
      [
        '/k8s/v2/containerScan',
        containerScan({
          vulnerabilities: [{ name: 'CVE-2026-1', severity: 'Critical', fixedIn: '3.0.2' }],
          database: { built: '2026-11-29T00:00:00Z', label: 'sample' },
        }),
      ],
      [
        '/k8s/v2/scanFailure',
        scanFailure({ reason: 'image_auth_failed', error: 'the registry asks for a login', name: 'db' }),
      ],
      ['/k8s/sysreport', systemReport({ status: 'failure', more: { errors: ['kubevuln refused'] } })],
    ]);
    await page.getByRole('tab', { name: 'Images 2' }).waitFor();
    const row = page.locator('.rows li').filter({ hasText: 'shop/web.yaml' });
    await row.getByText('Container "web" is privileged.').waitFor();
    await row.getByText('docker.io/library/web:1.4').waitFor();
    expect(await row.locator('details[open]').count()).toBe(1);
  });

  it('shows images with findings, the sample database by its name, and the reason of a failed scan; keys suffice', async () => {
    await page.getByRole('tab', { name: /Workloads/ }).focus();
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowRight');
    await page.getByText('Not evaluated: image auth failed').waitFor();
    const row = page.locator('.rows li').filter({ hasText: 'docker.io/library/web:1.4' });
    await row.getByText('Sample database', { exact: true }).waitFor();
    await row.locator('summary').press('Enter');
    await row.getByRole('link', { name: 'CVE-2026-1' }).waitFor();
    await row.getByText('3.0.2').waitFor();
    await page.getByText('it holds a few advisories for trying things out').waitFor();

    await page.getByRole('tab', { name: /Images/ }).press('ArrowRight');
    await page.getByText('kubevuln refused').waitFor();
    expect(await page.getByRole('tab', { selected: true }).innerText()).toContain('Jobs');
  });

  it('finds by text and namespace, and says when nothing fits', async () => {
    await page.getByRole('tab', { name: /Workloads/ }).click();
    await page.getByRole('searchbox').fill('no such thing');
    await page.getByText('Nothing matches').waitFor();
    await page.getByRole('searchbox').fill('privileged');
    await page.getByRole('combobox', { name: 'Namespace' }).selectOption('shop');
    await page.locator('.rows > li').nth(1).waitFor();
    expect(await page.locator('.rows > li').count()).toBe(2);
  });

  it('shows the configuration by control: scores, exceptions without effect, and the objects behind each', async () => {
    const accepted = {
      ...privileged,
      status: 'passed' as const,
      subStatus: 'w/exceptions',
      exceptions: [{ name: 'driver', reason: 'it talks to the device' }],
    };
    const report = postureReport({
      guid: 'with-more',
      time: new Date(Date.now() - 1000).toISOString(),
      objects: [
        { name: 'web', controls: [privileged, kubelet], risk: 9 },
        { name: 'driver', controls: [accepted] },
      ],
    });
    const frameworks = [{ name: 'NSA', status: 'failed', complianceScore: 99.6 }];
    const exceptions = [{ id: 'account: old', source: 'account', status: 'expired', problem: 'it ended' }];
    await deliver([
      [
        '/k8s/v2/postureReport',
        { ...report, summaryDetails: { ...report.summaryDetails, frameworks }, exceptionAudit: { exceptions } },
      ],
    ]);
    await page.getByRole('searchbox').fill('');
    await page.getByText('High risk').waitFor();
    await page.getByRole('tab', { name: /Controls/ }).click();
    await page.getByRole('list', { name: 'Frameworks' }).getByText('99', { exact: true }).waitFor();
    await page.getByText('1 exception, 1 without effect').click();
    await page.getByText('it ended').waitFor();
    const row = page.locator('.rows > li').filter({ hasText: 'Privileged container' });
    await row.getByText('1 accepted').waitFor();
    await row.locator('summary').click();
    await row.getByText('Exception driver').waitFor();
    expect(await row.locator('.finding').count()).toBe(2);
  });

  it('scans when asked to, and follows the jobs to their ends', async () => {
    await page.getByRole('button', { name: 'Scan now' }).click();
    await page.getByText('Configuration: asked for · Images: asked for').waitFor();
    expect(commands.map(({ commandName }) => commandName).toSorted()).toEqual(['kubescapeScan', 'scan']);
    const idOf = (name: string) => commands.find(({ commandName }) => commandName === name)?.jobTracking.jobID ?? '';
    const report = (jobId: string, status: string, sequence: number, errors: string[] = []) =>
      deliver([['/k8s/sysreport', systemReport({ jobId, status, sequence, more: { errors } })]]);
    await report(idOf('kubescapeScan'), 'started', 1);
    await page.getByText('Configuration: running').waitFor();
    expect(await page.getByRole('button', { name: 'Scanning …' }).isDisabled()).toBe(true);
    await report(idOf('kubescapeScan'), 'done', 2);
    await report(idOf('scan'), 'failure', 1, ['pods is forbidden']);
    await page.getByText('Configuration: done · Images: failed, pods is forbidden').waitFor();
    await page.getByRole('button', { name: 'Scan now' }).waitFor();
  });

  it('makes a recurring scan, lists it with its next run, and ends it', async () => {
    await page.getByRole('tab', { name: /Jobs/ }).click();
    await page.getByText('New recurring scan').click();
    await page.getByRole('textbox', { name: /Framework/ }).fill('nsa');
    const when = page.getByRole('textbox', { name: 'When, as a cron expression' });
    await when.fill('15 30 * * *');
    await page.getByRole('button', { name: 'Add' }).click();
    await page.getByText(/cron: /).waitFor();
    // The browser notes the refusal itself.
    expect(faults.splice(0)).toEqual([expect.stringContaining('400')]);
    await when.fill('15 3 * * *');
    await page.getByRole('button', { name: 'Add' }).click();
    const row = page.locator('.overview .row').filter({ hasText: 'Configuration: nsa' });
    await row.getByText('asked for').waitFor();
    const asked = commands.find(({ commandName }) => commandName === 'setKubescapeCronJob');
    await deliver([['/k8s/sysreport', systemReport({ jobId: asked?.jobTracking.jobID ?? '', status: 'done' })]]);
    await row.getByText('active').waitFor();
    expect(await row.innerText()).toMatch(/15 3 \* \* \* \S+, next (in|tomorrow)/);
    await row.getByRole('button', { name: /Remove/ }).click();
    await row.getByText('ending').waitFor();
    const ending = commands.find(({ commandName }) => commandName === 'deleteKubescapeCronJob');
    await deliver([['/k8s/sysreport', systemReport({ jobId: ending?.jobTracking.jobID ?? '', status: 'done' })]]);
    await row.waitFor({ state: 'detached' });
  });

  it('gives whole lists as files', async () => {
    await page.getByRole('tab', { name: /Workloads/ }).click();
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('link', { name: 'CSV' }).click(),
    ]);
    expect(download.suggestedFilename()).toBe('minikube-posture.csv');
  });

  it('says that a report is not complete, and goes on showing what was there', async () => {
    const time = new Date().toISOString();
    const objects = [{ name: 'newcomer', controls: [privileged] }];
    await deliver([['/k8s/v2/postureReport', postureReport({ guid: 'in-parts', time, objects, part: [2, true] })]]);
    await page.getByText('is not complete: 1 of 3 parts are here').waitFor();
    await page.getByText('newcomer').waitFor();
    expect(await page.locator('.rows > li').filter({ hasText: 'web' }).count()).toBe(1);
  });

  it('did all this without an error, a dialog or a breach of its own policy', () => {
    expect(faults).toEqual([]);
  });
});
