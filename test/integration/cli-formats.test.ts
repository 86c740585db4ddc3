// What runs inside the page is checked against the types of a browser.
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { missingPrograms, requireProgram } from '@kso/testkit/programs';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { ownEnvironment, runKso } from './support/kso.ts';

const sample = path.resolve(import.meta.dirname, '../../deploy/sample');
const evil = '<img src=x onerror=alert(1)>';
let folder: string;
const inFolder = (name: string) => path.join(folder, name);

/** All formats of the sample, and of a pod that calls itself markup. */
beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'kso-formats-'));
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: evil, namespace: 'evil' },
    spec: {
      hostPID: true,
      containers: [{ name: evil, image: 'x', env: [{ name: 'PASSWORD', value: 'hunter2-secret' }] }],
    },
  };
  writeFileSync(inFolder('evil.yaml'), JSON.stringify(pod));
  const args = ['scan', sample, 'evil.yaml', '--format', 'html,junit,sarif,prometheus,markdown,json', '-o', 'report'];
  const run = await runKso(args, { env: ownEnvironment(folder), cwd: folder });
  if (run.code !== 0) throw new Error(run.stderr);
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

test('no format shows the value of a variable', () => {
  for (const ending of ['html', 'xml', 'sarif', 'txt', 'md', 'json'])
    expect(readFileSync(inFolder(`report.${ending}`), 'utf8')).not.toContain('hunter2-secret');
});

test('SARIF names the line and column of a field of the sample', () => {
  const { runs } = JSON.parse(readFileSync(inFolder('report.sarif'), 'utf8')) as {
    runs: [
      {
        results: {
          ruleId: string;
          locations: [
            {
              physicalLocation?: {
                artifactLocation: { uri: string };
                region: { startLine: number; startColumn: number };
              };
            },
          ];
        }[];
      },
    ];
  };
  const privileged = runs[0].results.find(({ ruleId }) => ruleId === 'C-0057')?.locations[0].physicalLocation;
  const { startLine = 0, startColumn = 0 } = privileged?.region ?? {};
  const line = readFileSync(privileged?.artifactLocation.uri.replace(/^file:\/\//, '') ?? '', 'utf8').split('\n')[
    startLine - 1
  ];
  expect(line?.slice(startColumn - 1)).toMatch(/^privileged: true/);
});

const noPromtool = spawnSync('promtool', ['--version']).error !== undefined;

test.skipIf(noPromtool)('Prometheus takes the metrics', () => {
  const metrics = readFileSync(inFolder('report.txt'), 'utf8');
  const { stdout, stderr, status } = spawnSync('promtool', ['check', 'metrics'], { input: metrics, encoding: 'utf8' });
  const problems = `${stdout}${stderr}`.split('\n').filter((line) => line !== '');
  // 3: only the style of the names, which are those of the existing product.
  expect(status).toBe(3);
  expect(
    problems.filter((line) => !/should be written in 'snake_case'|_count"? suffix|reserved suffix/.test(line)),
  ).toEqual([]);
});

describe.skipIf(missingPrograms('chromium'))('in a browser', () => {
  let browser: Browser;
  let page: Page;
  const faults: string[] = [];

  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: requireProgram('chromium'), args: ['--no-sandbox'] });
    const context = await browser.newContext({ offline: true });
    page = await context.newPage();
    page.on('console', (message) => faults.push(message.text()));
    page.on('pageerror', (error) => faults.push(error.message));
    page.on('dialog', (dialog) => faults.push(dialog.message()));
    page.on('request', (request) => {
      if (!request.url().startsWith('file:') && !request.url().startsWith('data:')) faults.push(request.url());
    });
    await page.goto(`file://${inFolder('report.html')}`);
  });

  afterAll(async () => {
    await browser.close();
  });

  const visible = (selector: string) => page.locator(`${selector}:not([hidden])`).count();

  it('the page shows scores, frameworks, controls and workloads, and asks for nothing', async () => {
    expect(await page.locator('.card').count()).toBe(7);
    expect(await page.locator('#frameworks + table tbody tr').count()).toBe(16);
    expect(await visible('#controls details')).toBeGreaterThan(50);
    expect(await page.locator('img').count()).toBe(0);
    expect(await page.getByText(evil).count()).toBeGreaterThan(0);
    expect(faults).toEqual([]);
  });

  it('opens a workload with its findings, their place in the object and the fix', async () => {
    const workload = page.locator('#workloads details', { hasText: 'DaemonSet monitoring/node-agent' });
    await workload.locator('summary').click();
    const finding = workload.locator('.finding', { hasText: 'C-0038' });
    expect(await finding.locator('pre .m').first().textContent()).toContain('hostPID: true');
    await finding.locator('a').first().click();
    // The page hears of the new address after the click.
    await page.locator('#C-0038[open]').waitFor();
  });

  it('searches and filters', async () => {
    const all = await visible('#workloads details');
    await page.locator('#search').fill('node-agent');
    await page.waitForFunction(() => document.querySelectorAll('#workloads details:not([hidden])').length < 5);
    expect(await visible('#workloads details')).toBeGreaterThan(0);
    await page.locator('#search').fill('there is no such thing');
    await page.locator('#workloads .empty').waitFor({ state: 'visible' });
    await page.locator('#search').fill('');
    await page.waitForFunction(
      (count) => document.querySelectorAll('#workloads details:not([hidden])').length === count,
      all,
    );
    await page.locator('#namespace').selectOption('=evil');
    expect(await visible('#workloads details')).toBe(1);
    await page.locator('#namespace').selectOption('');
    await page.locator('button[data-severity=High]').click();
    expect(await page.locator('#controls details:not([hidden])[data-severities=High]').count()).toBe(0);
    await page.locator('button[data-severity=High]').click();
    expect(await visible('#workloads details')).toBe(all);
    expect(faults).toEqual([]);
  });

  it('is all there where scripts are forbidden', async () => {
    const context = await browser.newContext({ javaScriptEnabled: false, offline: true });
    const plain = await context.newPage();
    await plain.goto(`file://${inFolder('report.html')}`);
    expect(await plain.locator('#filters').isVisible()).toBe(false);
    await plain.locator('#workloads details summary').first().click();
    expect(await plain.locator('#workloads .finding').first().isVisible()).toBe(true);
    await context.close();
  });

  it('JUnit is well-formed, its counts are right, and only known elements and attributes are used', async () => {
    const xml = readFileSync(inFolder('report.xml'), 'utf8');
    const problems = await page.evaluate((text) => {
      const parsed = new DOMParser().parseFromString(text, 'application/xml');
      const found = [...parsed.querySelectorAll('parsererror')].map((error) => error.textContent ?? '');
      const known: Record<string, readonly string[]> = {
        testsuites: ['name', 'tests', 'failures', 'errors', 'time'],
        testsuite: ['name', 'package', 'id', 'tests', 'failures', 'errors', 'skipped', 'time', 'timestamp', 'hostname'],
        properties: [],
        property: ['name', 'value'],
        testcase: ['name', 'classname', 'time'],
        failure: ['message', 'type'],
        skipped: ['message'],
      };
      for (const element of parsed.querySelectorAll('*')) {
        const attributes = known[element.tagName];
        if (attributes === undefined) found.push(element.tagName);
        else found.push(...element.getAttributeNames().filter((name) => !attributes.includes(name)));
      }
      for (const suite of parsed.querySelectorAll('testsuite')) {
        const count = (selector: string) => String(suite.querySelectorAll(selector).length);
        if (suite.getAttribute('tests') !== count('testcase')) found.push(`${suite.getAttribute('name')}: tests`);
        if (suite.getAttribute('failures') !== count('failure')) found.push(`${suite.getAttribute('name')}: failures`);
        if (suite.getAttribute('skipped') !== count('skipped')) found.push(`${suite.getAttribute('name')}: skipped`);
        if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/.test(suite.getAttribute('timestamp') ?? '')) found.push('timestamp');
      }
      return found;
    }, xml);
    expect(problems).toEqual([]);
  });
});
