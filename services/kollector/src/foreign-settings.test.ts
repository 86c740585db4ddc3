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
