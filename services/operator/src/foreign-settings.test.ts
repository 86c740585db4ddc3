import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createLogger } from '@kso/kit';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type OperatorConfigInput, operatorConfig } from './config.ts';
import { withForeignSettings } from './foreign-settings.ts';

let folder: string;
const file = (name: string): string => path.join(folder, name);
const logger = createLogger({ service: 'test', level: 'silent' });

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'kso-operator-'));
  writeFileSync(
    file('clusterData.json'),
    JSON.stringify({
      ClusterName: 'prod one',
      accountID: '1111-aaaa',
      gatewayWebsocketURL: 'gateway:8001',
      kubescapeURL: 'kubescape:8080',
      vulnScanURL: 'kubevuln:8080',
      EventReceiverRestURL: 'report.example.com',
    }),
  );
  writeFileSync(
    file('config.json'),
    JSON.stringify({
      triggersecurityframework: true,
      podScanGuardTime: '30m',
      excludeNamespaces: 'kube-system,kube-public',
      registryScanningInsecure: true,
      REGISTRYSCANNINGSKIPTLSVERIFY: 'true',
      httpExporterConfig: {
        url: 'http://sync:8089/apis',
        headers: { 'X-Key': 'k3y' },
        method: 'PUT',
        timeoutSeconds: 2,
      },
    }),
  );
  const components = {
    kubescape: { enabled: true },
    KubevulnScheduler: { Enabled: false },
    nodeAgent: { enabled: false },
  };
  writeFileSync(file('capabilities.json'), JSON.stringify({ components }));
  mkdirSync(file('credentials'));
  writeFileSync(file('credentials/accessKey'), 'k3y\n');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function settings(own: OperatorConfigInput = {}, log = logger) {
  const config = operatorConfig.schema.parse({
    clusterDataFile: file('clusterData.json'),
    operatorConfigFile: file('config.json'),
    capabilitiesFile: file('capabilities.json'),
    credentialsFolder: file('credentials'),
    ...own,
  });
  return withForeignSettings(config, {}, log);
}

it("takes what the chart's files say", () => {
  const found = settings();
  expect(found).toMatchObject({
    clusterName: 'prod-one',
    account: '1111-aaaa',
    triggerSecurityFramework: true,
    podScanGuardTime: 30 * 60_000,
    excludeNamespaces: ['kube-system', 'kube-public'],
    gateway: { url: 'gateway:8001' },
    registryScanningInsecure: true,
    registryScanningSkipTlsVerify: true,
    disabledComponents: ['kubevulnScheduler'],
    dispatch: { kubescape: 'kubescape:8080', kubevuln: 'kubevuln:8080', mode: 'queue' },
    reports: { url: 'https://report.example.com' },
  });
  expect(found.reports.accessKey?.reveal()).toBe('k3y');
  expect(found.exporter).toMatchObject({ url: 'http://sync:8089/apis', method: 'PUT', timeout: 2000 });
  expect(found.exporter.headers['X-Key']?.reveal()).toBe('k3y');
});

it('leaves new images to kollector where the chart installs one that asks for their scans', () => {
  const newImages = { enabled: true };
  const install = (kollector: object, triggerNewImageScan: string) => {
    writeFileSync(file('capabilities.json'), JSON.stringify({ components: { kollector } }));
    writeFileSync(file('clusterData.json'), JSON.stringify({ triggerNewImageScan }));
  };
  const lines: string[] = [];
  const log = createLogger({ service: 'test', level: 'warn', destination: { write: (line) => void lines.push(line) } });
  expect(settings({ newImages }).newImages.enabled).toBe(true);
  install({ enabled: true }, 'false');
  expect(settings({ newImages }, log).newImages.enabled).toBe(true);
  install({ enabled: false }, 'true');
  expect(settings({ newImages }, log).newImages.enabled).toBe(true);
  expect(lines).toEqual([]);
  install({ enabled: true }, 'true');
  expect(settings({ newImages }, log).newImages.enabled).toBe(false);
  expect(lines.join('')).toContain('kollector asks for scans of new images here');
});

it('prefers what is configured directly', () => {
  const own = {
    clusterName: 'mine',
    account: 'a',
    podScanGuardTime: '5m',
    excludeNamespaces: ['x'],
    gateway: { url: 'gw:1' },
    reports: { url: 'http://cloud-endpoint:8090', accessKey: 'own' },
  };
  const found = settings(own);
  expect(found).toMatchObject({
    clusterName: 'mine',
    account: 'a',
    podScanGuardTime: 5 * 60_000,
    excludeNamespaces: ['x'],
    gateway: { url: 'gw:1' },
    reports: { url: 'http://cloud-endpoint:8090' },
  });
  expect(found.reports.accessKey?.reveal()).toBe('own');
});

it('does without the files, and says what is wrong with one', () => {
  const none = {
    clusterDataFile: file('a'),
    operatorConfigFile: file('b'),
    credentialsFolder: file('c'),
    capabilitiesFile: file('d'),
  };
  const nothing = { clusterName: '', account: '', gateway: { url: '' }, disabledComponents: [] };
  expect(settings(none)).toMatchObject(nothing);
  writeFileSync(file('clusterData.json'), '{');
  expect(() => settings()).toThrow(expect.objectContaining({ code: 'FILE_MALFORMED' }));
});
