import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger, loadConfig } from '@kso/kit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { kubevulnConfig } from './config.ts';
import { withForeignSettings } from './foreign-settings.ts';

describe("the chart's files", () => {
  let directory = '';
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'kso-foreign-'));
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  function load(env: NodeJS.ProcessEnv = {}) {
    const variables = { CONFIG_DIR: directory, KSO_KUBEVULN_CREDENTIALS_DIRECTORY: directory, ...env };
    const { config, sources } = loadConfig(kubevulnConfig, { env: variables });
    return withForeignSettings(config, sources, createLogger({ service: 'test', level: 'silent' }));
  }

  it('fill in what is not configured', async () => {
    const data = { maxImageSize: 5_368_709_120, scanTimeout: '7m', cveMatchingMode: 'off', listingURL: 'http://db/x' };
    const proxyRegistryMap = { 'docker.io': 'mirror.example.com' };
    const receiver = { eventReceiverRestURL: 'er:443' };
    await writeFile(
      join(directory, 'clusterData.json'),
      JSON.stringify({ ...data, proxyRegistryMap, scanEmbeddedSBOMs: true, ...receiver }),
    );
    await writeFile(join(directory, 'account'), 'acc\n');
    await writeFile(join(directory, 'accessKey'), 'key\n');
    const config = load();
    expect(config).toMatchObject({
      maxImageSize: 5_368_709_120,
      scanTimeout: 7 * 60_000,
      cveMatchingMode: 'off',
      proxyRegistryMap,
      embeddedSboms: true,
      account: 'acc',
      databaseUpdate: { url: 'http://db/x' },
      report: { url: 'https://er:443' },
    });
    expect(config.report.accessKey?.reveal()).toBe('key');
  });

  it('give way to what is configured', async () => {
    await writeFile(join(directory, 'clusterData.json'), JSON.stringify({ scanTimeout: '7m', cveMatchingMode: 'off' }));
    const mirrors = '{"quay.io":"mirror.example.com/quay"}';
    const config = load({ SCANTIMEOUT: '1m', KSO_KUBEVULN_CVE_MATCHING_MODE: 'on', PROXYREGISTRYMAP: mirrors });
    expect(config).toMatchObject({ scanTimeout: 60_000, cveMatchingMode: 'on' });
    expect(config.proxyRegistryMap).toEqual({ 'quay.io': 'mirror.example.com/quay' });
  });

  it('with keepLocal nothing is reported; without files there are the defaults', async () => {
    expect(load()).toMatchObject({ scanTimeout: 300_000, account: '', report: {} });
    const data = { keepLocal: true, eventReceiverRestURL: 'https://er' };
    await writeFile(join(directory, 'clusterData.json'), JSON.stringify(data));
    expect(load().report.url).toBeUndefined();
  });
});
