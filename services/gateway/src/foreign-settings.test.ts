import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger, loadConfig } from '@kso/kit';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { gatewayConfig } from './config.ts';
import { withForeignSettings } from './foreign-settings.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kso-gateway-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function load(env: Record<string, string>) {
  const { config } = loadConfig(gatewayConfig, { env: { KSO_GATEWAY_CREDENTIALS_FOLDER: folder, ...env } });
  const lines: string[] = [];
  const logger = createLogger({ service: 'x', level: 'info', destination: { write: (line) => lines.push(line) } });
  return { config: withForeignSettings(config, logger), lines };
}

function file(name: string, content: unknown): string {
  const path = join(folder, name);
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

it('upstream variables set the ports', () => {
  const { config } = load({ WEBSOCKET_PORT: '9001', HTTP_PORT: '9002' });
  expect([config.websocketPort, config.httpPort, config.masterUrl]).toEqual([9001, 9002, undefined]);
});

it('PARENT_URL wins over clusterData, that over services', () => {
  const CONFIG = file('clusterData.json', { RootGatewayURL: 'wss://root' });
  const SERVICES = file('services.json', { response: { gateway: 'wss://discovered' } });
  expect(load({ SERVICES }).config.masterUrl).toBe('wss://discovered');
  expect(load({ SERVICES, CONFIG }).config.masterUrl).toBe('wss://root');
  expect(load({ SERVICES, CONFIG, PARENT_URL: 'wss://parent' }).config.masterUrl).toBe('wss://parent');
});

it('without discovery it is a master, with a warning; without clusterData it does not start', () => {
  const { config, lines } = load({ SERVICES: join(folder, 'none.json') });
  expect([config.masterUrl, lines.length]).toEqual([undefined, 1]);
  expect(() => load({ CONFIG: join(folder, 'none.json') })).toThrow(expect.objectContaining({ code: 'FILE_MISSING' }));
});

it('the key of the account is sent to the master', () => {
  file('accessKey', 'k3y\n');
  expect(load({}).config.masterKey?.reveal()).toBe('k3y');
  expect(load({ KSO_GATEWAY_MASTER_KEY: 'other' }).config.masterKey?.reveal()).toBe('other');
});
