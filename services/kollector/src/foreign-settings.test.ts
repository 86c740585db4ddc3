import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createLogger, loadConfig } from '@kso/kit';
import { expect, it, onTestFinished } from 'vitest';
import { kollectorConfig } from './config.ts';
import { withForeignSettings } from './foreign-settings.ts';

const logger = createLogger({ service: 'kollector', level: 'silent' });

it('takes names, addresses and the account from the files of the charts, unless they are configured', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'kso-kollector-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = path.join(folder, 'clusterData.json');
  writeFileSync(file, JSON.stringify({ clusterName: 'arn:prod/1', gatewayRestURL: 'gateway:8002', accountID: 'old' }));
  writeFileSync(path.join(folder, 'account'), 'acc\n');
  const env = {
    CONFIG: file,
    KSO_KOLLECTOR_CREDENTIALS_FOLDER: folder,
    ACTIVATE_CVE_SCAN_ON_NEW_IMAGE_FEATURE: 'true',
  };
  const load = (more: NodeJS.ProcessEnv = {}) =>
    withForeignSettings(loadConfig(kollectorConfig, { env: { ...env, ...more } }).config, logger);
  expect(load()).toMatchObject({
    clusterName: 'arn-prod-1',
    account: 'acc',
    triggerNewImageScan: true,
  });
  // A gateway that is only there is no reason to go through it.
  expect(load().gatewayUrl).toBeUndefined();
  expect(load({ KSO_KOLLECTOR_ROUTE: 'gateway' }).gatewayUrl).toBe('gateway:8002');
  expect(load({ KSO_KOLLECTOR_CLUSTER_NAME: 'mine', KSO_KOLLECTOR_GATEWAY_URL: 'http://g:1' })).toMatchObject({
    clusterName: 'mine',
    gatewayUrl: 'http://g:1',
  });
});

it('finds the receiver of reports in services.json, then in clusterData.json; a broken file is no reason to end', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'kso-kollector-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const [clusterData, services] = ['clusterData.json', 'services.json'].map((name) => path.join(folder, name));
  writeFileSync(
    clusterData ?? '',
    JSON.stringify({
      clusterName: 'prod',
      eventReceiverWebsocketURL: 'wss://old',
      storage: true,
      namespace: 'kubescape',
    }),
  );
  writeFileSync(path.join(folder, 'accessKey'), 'key\n');
  const env = { CONFIG: clusterData, KSO_KOLLECTOR_CREDENTIALS_FOLDER: folder, KSO_KOLLECTOR_SERVICES_FILE: services };
  const load = () => withForeignSettings(loadConfig(kollectorConfig, { env }).config, logger);
  expect(load()).toMatchObject({
    eventReceiverUrl: 'wss://old',
    installation: { clusterName: 'prod', namespace: 'kubescape', storage: true },
  });
  expect(load().accessKey?.reveal()).toBe('key');
  writeFileSync(services ?? '', JSON.stringify({ version: 'v2', response: { 'event-receiver-ws': 'wss://new' } }));
  expect(load().eventReceiverUrl).toBe('wss://new');
  writeFileSync(services ?? '', '{');
  expect(load().eventReceiverUrl).toBe('wss://old');
});

it.each([
  ['60', 60_000],
  ['0', 0],
  ['1m', 60_000],
  [undefined, 30_000],
])('WAIT_BEFORE_REPORT=%s is %s ms', (text, ms) => {
  expect(loadConfig(kollectorConfig, { env: { WAIT_BEFORE_REPORT: text } }).config.waitBeforeReport).toBe(ms);
});
