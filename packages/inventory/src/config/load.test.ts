import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { loadInventoryConfig } from './load.ts';
import { toSettings } from './settings.ts';

function folder(): string {
  const made = mkdtempSync(path.join(tmpdir(), 'kso-inventory-'));
  onTestFinished(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

function load(options: { file?: string; env?: Record<string, string>; flags?: Record<string, unknown> } = {}) {
  const cwd = folder();
  if (options.file !== undefined) writeFileSync(path.join(cwd, 'anchore-k8s-inventory.yaml'), options.file);
  return loadInventoryConfig({ env: options.env ?? {}, flags: options.flags ?? {}, cwd, home: folder() });
}

describe('precedence (acceptance 4)', () => {
  const file = 'polling-interval-seconds: 20\n';
  const env = { ANCHORE_K8S_INVENTORY_POLLING_INTERVAL_SECONDS: '30' };
  const flags = { 'polling-interval-seconds': 40 };
  const interval = (options: Parameters<typeof load>[0]) => load(options).config['polling-interval-seconds'];

  it('is flag, environment, file, default', () => {
    expect(interval({ file, env, flags })).toBe(40);
    expect(interval({ file, env })).toBe(30);
    expect(interval({ file })).toBe(20);
    expect(interval({})).toBe(300);
  });

  it('says where each setting is from', () => {
    const origins = (options: Parameters<typeof load>[0]) =>
      load(options).effective.find(({ key }) => key === 'polling-interval-seconds')?.origin;
    expect(origins({ file, env, flags })).toBe('flag');
    expect(origins({ file, env })).toBe('env ANCHORE_K8S_INVENTORY_POLLING_INTERVAL_SECONDS');
    expect(origins({ file })).toBe('file');
    expect(origins({})).toBe('default');
  });

  it('reads variables of both generations, the newer first', () => {
    expect(load({ env: { KAI_ANCHORE_URL: 'https://old' } }).config.anchore.url).toBe('https://old');
    const both = { KAI_ANCHORE_URL: 'https://old', ANCHORE_K8S_INVENTORY_ANCHORE_URL: 'https://new' };
    expect(load({ env: both }).config.anchore.url).toBe('https://new');
    const list = { KAI_NAMESPACE_SELECTORS_INCLUDE: 'a, b' };
    expect(load({ env: list }).config['namespace-selectors'].include).toEqual(['a', 'b']);
  });
});

describe('the password', () => {
  it('comes from a variable without a key in the file', () => {
    expect(load({ env: { KAI_ANCHORE_PASSWORD: 'pw' } }).config.anchore.password.reveal()).toBe('pw');
  });

  it('may stand in the file as the name of a variable', () => {
    for (const text of ['$MY_PASSWORD', '${MY_PASSWORD}'])
      expect(
        load({ file: `anchore: {password: "${text}"}`, env: { MY_PASSWORD: 'pw' } }).config.anchore.password.reveal(),
      ).toBe('pw');
    expect(load({ file: 'anchore: {password: $KAI_ANCHORE_PASSWORD, account: ""}' }).config.anchore).toMatchObject({
      account: 'admin',
    });
    expect(() => load({ file: 'anchore: {password: $MY_PASSWORD}' })).toThrow('MY_PASSWORD is not set');
  });

  it('is taken as it is from a variable, and from a mounted file', () => {
    expect(load({ env: { KAI_ANCHORE_PASSWORD: '$HOME' } }).config.anchore.password.reveal()).toBe('$HOME');
    const file = path.join(folder(), 'password');
    writeFileSync(file, 'mounted\n');
    expect(load({ env: { KAI_ANCHORE_PASSWORD_FILE: file } }).config.anchore.password.reveal()).toBe('mounted');
  });

  it('is not shown, in routes neither (acceptance 17)', () => {
    const file = 'anchore: {password: hunter2}\naccount-routes: {team: {user: u, password: hunter3, namespaces: [a]}}';
    const shown = JSON.stringify(load({ file }).effective);
    expect(shown).not.toContain('hunter');
    expect(shown).toContain('team');
  });
});

describe('files', () => {
  it('are looked for in the places of both tools', () => {
    const [cwd, home] = [folder(), folder()];
    const urlOf = () => loadInventoryConfig({ env: {}, cwd, home }).config.anchore.url;
    mkdirSync(path.join(home, '.config', 'kai'), { recursive: true });
    writeFileSync(path.join(home, '.config', 'kai', 'config.yaml'), 'anchore: {url: xdg}');
    expect(urlOf()).toBe('xdg');
    writeFileSync(path.join(cwd, '.kai.yaml'), 'anchore: {url: hidden}');
    expect(urlOf()).toBe('hidden');
    writeFileSync(path.join(cwd, 'anchore-k8s-inventory.json'), '{"anchore": {"url": "newer"}}');
    expect(urlOf()).toBe('newer');
  });

  it('that are named have to be readable', () => {
    expect(() => loadInventoryConfig({ env: {}, cwd: '/', home: '/', file: '/nonexistent.yaml' })).toThrow(
      'no such file',
    );
  });

  it('do not show what is wrong with them by their text', () => {
    expect(() => load({ file: 'anchore: {password: "hunter2' })).toThrow(/^(?!.*hunter2).*neither YAML nor JSON/);
  });

  it('in old spellings are honoured with a warning', () => {
    const { config, warnings } = load({
      file: [
        'check-for-app-update: true',
        'namespaces: [a, b]',
        'kubernetes-request-timeout-seconds: 10',
        'account-route-by-namespace-label: {key: owner, ignore-namespace-missing-label: true}',
        'metadata-collection: {pods: {labels: [app]}}',
        'Quiet: "true"',
        'unknown-key: 1',
      ].join('\n'),
    });
    expect(config['namespace-selectors'].include).toEqual(['a', 'b']);
    expect(config.kubernetes['request-timeout-seconds']).toBe(10);
    expect(config['account-route-by-namespace-label']['ignore-missing-label']).toBe(true);
    expect(config['metadata-collection'].pods['include-labels']).toEqual(['app']);
    expect(config.quiet).toBe(true);
    expect(warnings.join('\n')).toMatch(/namespaces: is spelled[^]*check-for-app-update: has no effect[^]*unknown-key/);
  });

  it('of KAI with `all` mean every namespace', () => {
    expect(load({ file: 'namespaces: [all]' }).config['namespace-selectors'].include).toEqual([]);
    expect(load({ file: 'kubernetes-request-timeout-seconds: -1' }).config.kubernetes['request-timeout-seconds']).toBe(
      60,
    );
  });
});

it('`all` in a variable or flag counts over names in the file', () => {
  const file = 'namespace-selectors: {include: [shop]}';
  const include = {
    env: load({ file, env: { KAI_NAMESPACES: 'all' } }),
    flag: load({ file, flags: { namespaces: ['all'] } }),
  };
  expect(include.env.config['namespace-selectors'].include).toEqual([]);
  expect(include.flag.config['namespace-selectors'].include).toEqual([]);
});

describe('what cannot be', () => {
  it('is a file that is too large', () => {
    expect(() => load({ file: '#'.repeat(1024 * 1024 + 1) })).toThrow('larger than 1 MiB');
  });

  it('is a URL that is none, which is not shown', () => {
    const refusal = (url: string) => () => toSettings(load({ flags: { 'anchore.url': url } }).config);
    for (const url of ['anchore.example', 'localhost:8228', 'ftp://anchore.example'])
      expect(refusal(url)).toThrow('anchore.url');
    expect(refusal('me:hunter2@anchore.example')).not.toThrow('hunter2');
    expect(refusal('https://anchore.example/base')).not.toThrow();
  });

  it('is refused with every problem', () => {
    expect(() => load({ file: 'mode: sometimes\nhealth-report-interval-seconds: 10' })).toThrow(
      /mode: .*health-report-interval-seconds: /,
    );
    expect(() => load({ file: 'missing-tag-policy: {policy: guess}' })).toThrow('missing-tag-policy.policy');
  });

  it('is a pattern that is none (acceptance 3), or that only brackets of ours would make one', () => {
    for (const bad of ['^(', 'a)(b', '(?=x)', '(a)\\1'])
      expect(() => toSettings(load({ flags: { 'namespace-selectors.exclude': [bad] } }).config)).toThrow(
        'not a regular expression',
      );
  });
});

it('a variable that old and new files have in common needs no warning', () => {
  const { config, warnings } = load({ env: { KAI_KUBERNETES_REQUEST_TIMEOUT_SECONDS: '20' } });
  expect([config.kubernetes['request-timeout-seconds'], warnings]).toEqual([20, []]);
});
