import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readCapabilities, readClusterData, readCredentials, readOperatorConfig, readServices } from './index.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kso-foreign-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function file(content: unknown, name = 'file.json'): string {
  const path = join(folder, name);
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

describe('clusterData.json', () => {
  it('is read without regard to case, with booleans and durations as charts write them', () => {
    const data = readClusterData(
      file({
        gatewayWebsocketURL: 'gateway:8001',
        EventReceiverRestURL: 'https://report.example.com',
        clusterName: 'arn:aws:eks/prod one',
        triggerNewImageScan: 'false',
        KEEPLOCAL: true,
        scanTimeout: '5m',
        maxImageSize: '5368709120',
        trustedVendors: 'a, b',
        accountID: '',
        nodeAgent: null,
        someNewKey: { deep: 1 },
      }),
    );
    expect(data).toEqual({
      gatewayWebsocketURL: 'gateway:8001',
      eventReceiverRestURL: 'https://report.example.com',
      clusterName: 'arn-aws-eks-prod-one',
      triggerNewImageScan: false,
      keepLocal: true,
      scanTimeout: 300_000,
      maxImageSize: 5_368_709_120,
      trustedVendors: ['a', 'b'],
      accountID: undefined,
      nodeAgent: undefined,
    });
  });

  it('takes nanoseconds, the old name of kubevuln, and the last of two spellings', () => {
    const data = readClusterData(
      file('{"scanTimeout": 60000000000, "vulnScanURL": "kubevuln:8080", "namespace": "a", "Namespace": "b"}'),
    );
    expect(data).toMatchObject({ scanTimeout: 60_000, kubevulnURL: 'kubevuln:8080', namespace: 'b' });
  });

  it.each([
    ['[]', 'clusterData: FILE is malformed: expected an object'],
    ['{"keepLocal": "perhaps"}', 'clusterData: FILE is malformed: keepLocal: expected true or false'],
    [
      '{"scanTimeout": "soon", "maxImageSize": "big"}',
      'expected a number; scanTimeout: expected a duration such as 5m',
    ],
    ['{"a": }', 'FILE is malformed: not JSON'],
    ['{"a":1,\n  b: 2}', 'FILE is malformed: not JSON at line 2, column 3'],
    ['', 'clusterData: FILE is malformed: empty'],
    ['{"a": 1', 'FILE is malformed: not JSON'],
  ])('names file and problem of %s in one line', (content, expected) => {
    const path = file(content);
    let message = '';
    try {
      readClusterData(path);
    } catch (error) {
      message = (error as Error).message;
    }
    expect(message).toContain(expected.replace('FILE', path));
    expect(message).not.toContain('\n');
  });

  it('says which file is missing, unreadable or too large', () => {
    expect(() => readClusterData(join(folder, 'none'))).toThrow(
      expect.objectContaining({ code: 'FILE_MISSING', message: expect.stringContaining(join(folder, 'none')) }),
    );
    expect(() => readClusterData(folder)).toThrow(expect.objectContaining({ code: 'FILE_UNREADABLE' }));
    expect(() => readClusterData(file(`"${'x'.repeat(5_000_000)}"`))).toThrow(
      expect.objectContaining({ code: 'FILE_MALFORMED' }),
    );
  });
});

it('services.json gives the addresses of its response', () => {
  const path = file({
    version: 'v2',
    response: {
      'event-receiver-http': 'https://r.example.com',
      gateway: 'wss://g.example.com',
      metrics: 7,
      other: 'x',
    },
  });
  expect(readServices(path)).toEqual({
    version: 'v2',
    eventReceiverHttp: 'https://r.example.com',
    gateway: 'wss://g.example.com',
  });
  expect(readServices(file({}))).toEqual({});
  expect(readServices(file({ response: 'no' }))).toEqual({});
});

it('capabilities.json: enable and disable are booleans, newer keys are ignored', () => {
  const path = file({
    capabilities: { configurationScan: 'enable', nodeScan: 'disable' },
    components: { kubevuln: { enabled: true }, newOne: { enabled: true } },
    Configurations: { persistence: 'enable' },
    serviceScanConfig: { enabled: false, interval: '1h' },
    effectiveCapabilities: [],
  });
  expect(readCapabilities(path)).toEqual({
    capabilities: { configurationScan: true, nodeScan: false },
    components: { kubevuln: { enabled: true } },
    configurations: { persistence: true },
    serviceScanConfig: { enabled: false, interval: 3_600_000 },
  });
});

describe('config.json of the operator', () => {
  const content = {
    namespace: 'kubescape',
    port: '4002',
    triggersecurityframework: true,
    podScanGuardTime: '1h30m',
    excludeNamespaces: 'kube-system,kube-public',
    includeNamespaces: ['a'],
    'rulesUpdateConfig.Enabled': true,
    rulesUpdateConfig: { Enabled: true, interval: 300_000_000_000 },
  };

  it('is read with its different spellings', () => {
    expect(readOperatorConfig(file(content))).toEqual({
      namespace: 'kubescape',
      port: 4002,
      triggerSecurityFramework: true,
      podScanGuardTime: 5_400_000,
      excludeNamespaces: ['kube-system', 'kube-public'],
      includeNamespaces: ['a'],
      rulesUpdateConfig: { enabled: true, interval: 300_000 },
    });
  });

  it('is overridden by upper-case variables, but not by what Kubernetes calls PORT', () => {
    const env = { WORKERCONCURRENCY: '5', NAMESPACE: 'other', PORT: 'tcp://10.0.0.1:4002' };
    expect(readOperatorConfig(file(content), env)).toMatchObject({
      workerConcurrency: 5,
      namespace: 'other',
      port: 4002,
    });
  });
});

describe('/etc/credentials', () => {
  it('gives account and key without newline, the key as a secret', () => {
    file('1111-aaaa\n', 'account');
    file('k3y\n', 'accessKey');
    const credentials = readCredentials(folder);
    expect([credentials.account, credentials.accessKey?.reveal()]).toEqual(['1111-aaaa', 'k3y']);
    expect(JSON.stringify(credentials)).not.toContain('k3y');
  });

  it('is empty when there is nothing, and says why when it cannot be read', () => {
    expect(readCredentials(join(folder, 'none'))).toEqual({ problems: [] });
    mkdirSync(join(folder, 'account'));
    expect(readCredentials(folder).problems).toEqual([expect.stringContaining('cannot read')]);
  });
});
