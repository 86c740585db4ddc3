import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { configFilePlaces } from './file.ts';
import { loadInventoryConfig } from './load.ts';

function folder(): string {
  const made = mkdtempSync(path.join(tmpdir(), 'kso-inventory-keys-'));
  onTestFinished(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

/** Keys of inventory.md 4.2 with a value that is not the default, as the text of a variable and as it is in a file. */
const keys: readonly (readonly [key: string, text: string, value: unknown])[] = [
  ['quiet', 'true', true],
  ['log.structured', 'true', true],
  ['log.level', 'debug', 'debug'],
  ['log.file', '/tmp/log', '/tmp/log'],
  ['output', 'table', 'table'],
  ['kubeconfig.path', 'use-in-cluster', 'use-in-cluster'],
  ['kubeconfig.cluster', 'eks-prod', 'eks-prod'],
  ['kubeconfig.cluster-cert', 'Y2E=', 'Y2E='],
  ['kubeconfig.server', 'https://10.0.0.1', 'https://10.0.0.1'],
  ['kubeconfig.user.type', 'token', 'token'],
  ['kubeconfig.user.client-cert', 'Y2VydA==', 'Y2VydA=='],
  ['namespace-selectors.include', 'shop,data', ['shop', 'data']],
  ['namespace-selectors.exclude', 'kube-system,^test', ['kube-system', '^test']],
  ['namespace-selectors.ignore-empty', 'true', true],
  ['kubernetes.request-timeout-seconds', '7', 7],
  ['kubernetes.request-batch-size', '8', 8],
  ['kubernetes.worker-pool-size', '9', 9],
  ['mode', 'periodic', 'periodic'],
  ['polling-interval-seconds', '60', 60],
  ['health-report-interval-seconds', '30', 30],
  ['ignore-not-running', 'false', false],
  ['missing-registry-override', 'reg.test', 'reg.test'],
  ['missing-tag-policy.policy', 'insert', 'insert'],
  ['missing-tag-policy.tag', 'none', 'none'],
  ['account-route-by-namespace-label.key', 'team', 'team'],
  ['account-route-by-namespace-label.default-account', 'rest', 'rest'],
  ['account-route-by-namespace-label.ignore-missing-label', 'true', true],
  ['inventory-report-limits.namespaces', '2', 2],
  ['inventory-report-limits.payload-threshold-bytes', '1000', 1000],
  ...['nodes', 'namespaces', 'pods'].flatMap(
    (kind) =>
      [
        [`metadata-collection.${kind}.include-annotations`, 'a,b', ['a', 'b']],
        [`metadata-collection.${kind}.include-labels`, 'c', ['c']],
        [`metadata-collection.${kind}.disable`, 'true', true],
      ] as const,
  ),
  ['anchore-registration.registration-id', 'r-1', 'r-1'],
  ['anchore-registration.integration-name', 'us', 'us'],
  ['anchore-registration.integration-description', 'ours', 'ours'],
  ['anchore.url', 'https://api', 'https://api'],
  ['anchore.user', 'robot', 'robot'],
  ['anchore.account', 'team', 'team'],
  ['anchore.http.insecure', 'true', true],
  ['anchore.http.timeout-seconds', '3', 3],
  ['verbose-inventory-reports', 'true', true],
];
const secrets = ['anchore.password', 'kubeconfig.user.private-key', 'kubeconfig.user.token'];

const variable = (key: string, prefix: string) => `${prefix}_${key.replaceAll(/[.-]/g, '_').toUpperCase()}`;
const prefixes = ['KAI', 'ANCHORE_K8S_INVENTORY'];

function load(options: { env?: Readonly<Record<string, string>>; file?: string }) {
  return loadInventoryConfig({ env: {}, cwd: '/nonexistent', home: '/nonexistent', ...options });
}

function nested(key: string, value: unknown): unknown {
  return key
    .split('.')
    .toReversed()
    .reduce<unknown>((inner, part) => ({ [part]: inner }), value);
}

describe('keys of both generations (acceptance 4)', () => {
  it.each(keys)('%s comes from a variable of either prefix and from a file', (key, text, value) => {
    const entry = (options: Parameters<typeof load>[0]) =>
      load(options).effective.find((one) => one.key === key) ?? { origin: 'unknown' };
    expect(entry({})).toMatchObject({ origin: 'default' });
    expect(entry({})).not.toMatchObject({ value });
    for (const prefix of prefixes) {
      const name = variable(key, prefix);
      expect(entry({ env: { [name]: text } })).toEqual({ key, value, origin: `env ${name}` });
    }
    const file = path.join(folder(), 'config.yaml');
    writeFileSync(file, JSON.stringify(nested(key, value)));
    expect(entry({ file })).toEqual({ key, value, origin: 'file' });
  });

  it.each(secrets)('%s too, from a variable or a mounted file, and is not shown', (key) => {
    const mounted = path.join(folder(), 'secret');
    writeFileSync(mounted, 'hunter2\n');
    for (const prefix of prefixes) {
      for (const [name, text] of [
        [variable(key, prefix), 'hunter2'],
        [`${variable(key, prefix)}_FILE`, mounted],
      ] as const) {
        const { config, effective } = load({ env: { [name]: text } });
        const secret = key.split('.').reduce<unknown>((at, part) => (at as Record<string, unknown>)[part], config);
        expect((secret as { reveal(): string }).reveal()).toBe('hunter2');
        expect(effective.find((one) => one.key === key)?.origin).toBe(`env ${name}`);
        expect(JSON.stringify(effective)).not.toContain('hunter2');
      }
    }
  });
});

it('files are looked for in the order of the predecessors', () => {
  const places = configFilePlaces({ env: { XDG_CONFIG_DIRS: '/a:/b' }, cwd: '/here', home: '/me' });
  expect(places.filter((place) => place.endsWith('.yaml'))).toEqual(
    ['anchore-k8s-inventory', 'kai'].flatMap((app) => [
      `/here/${app}.yaml`,
      `/here/.${app}.yaml`,
      `/here/.${app}/config.yaml`,
      `/me/.${app}.yaml`,
      `/me/.config/${app}/config.yaml`,
      `/a/${app}/config.yaml`,
      `/b/${app}/config.yaml`,
    ]),
  );
});

const kaiFile = `
output: "json"
quiet: false
log: {structured: false, level: debug, file: ""}
check-for-app-update: true
kubeconfig: {path: use-in-cluster, cluster: docker-desktop, cluster-cert: , server: , user: {type: , client-cert: , private-key: , token: }}
namespaces: [all]
kubernetes-request-timeout-seconds: 20
mode: periodic
polling-interval-seconds: 60
anchore: {url: "https://api", user: admin, password: $KAI_ANCHORE_PASSWORD, http: {insecure: true, timeoutSeconds: 10}}
`;
const newerFile = `
log: {structured: false, level: debug}
kubeconfig: {path: use-in-cluster, cluster: prod-1}
account-routes:
account-route-by-namespace-label: {key: , default-account: admin, ignore-namespace-missing-label: false}
namespace-selectors: {include: [], exclude: [kube-system, "^test-.*"], ignore-empty: true}
inventory-report-limits: {namespaces: 0, payload-threshold-bytes: 0}
metadata-collection:
  nodes: {annotations: [], labels: [team], disable: false}
  pods: {annotations: [], labels: [], disable: true}
anchore-registration: {registration-id: , integration-name: , integration-description: }
health-report-interval-seconds: 60
missing-tag-policy: {policy: digest, tag: UNKNOWN}
anchore: {url: "https://api", user: robot, password: $ANCHORE_K8S_INVENTORY_ANCHORE_PASSWORD, account: admin, http: {insecure: true, timeout-seconds: 10}}
`;

describe('a file as the charts of the predecessors render it', () => {
  const read = (content: string, env: Readonly<Record<string, string>>) => {
    const file = path.join(folder(), 'config.yaml');
    writeFileSync(file, content);
    return load({ file, env });
  };

  it('KAI', () => {
    const { config, warnings } = read(kaiFile, { KAI_ANCHORE_PASSWORD: 'pw' });
    expect(config).toMatchObject({
      mode: 'periodic',
      'polling-interval-seconds': 60,
      kubeconfig: { path: 'use-in-cluster', cluster: 'docker-desktop', user: { type: 'private_key' } },
      kubernetes: { 'request-timeout-seconds': 20 },
      'namespace-selectors': { include: [] },
      anchore: { url: 'https://api', user: 'admin', account: 'admin', http: { insecure: true } },
    });
    expect(config.anchore.password.reveal()).toBe('pw');
    expect(warnings.map((warning) => warning.split(':')[0])).toEqual([
      'kubernetes-request-timeout-seconds',
      'namespaces',
      'check-for-app-update',
      'anchore.http.timeoutseconds',
    ]);
  });

  it('k8s-inventory', () => {
    const { config, warnings } = read(newerFile, { ANCHORE_K8S_INVENTORY_ANCHORE_PASSWORD: 'pw' });
    expect(config).toMatchObject({
      'account-routes': {},
      'account-route-by-namespace-label': { key: '', 'default-account': 'admin', 'ignore-missing-label': false },
      'namespace-selectors': { exclude: ['kube-system', '^test-.*'], 'ignore-empty': true },
      'metadata-collection': { nodes: { 'include-labels': ['team'] }, pods: { disable: true } },
      anchore: { url: 'https://api', account: 'admin', http: { 'timeout-seconds': 10 } },
    });
    expect(config.anchore.password.reveal()).toBe('pw');
    expect(warnings.every((warning) => warning.includes('is spelled'))).toBe(true);
  });
});
