import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createLogger } from '../logger.ts';
import { Secret } from '../secret.ts';
import { byteSize, duration, port, secret } from './fields.ts';
import { ConfigError, defineConfig, loadConfig } from './load.ts';

const definition = defineConfig({
  service: 'kubevuln',
  prefix: 'KV',
  schema: z.object({
    accountID: z.string().optional(),
    clusterName: z.string().default('here'),
    storage: z.boolean().default(false),
    keepLocal: z.boolean().optional(),
    scanTimeout: duration().default(300_000),
    maxImageSize: byteSize().default(1024),
    platforms: z.array(z.string()).default([]),
    labels: z.record(z.string(), z.string()).default({}),
    token: secret().optional(),
    http: z.object({ port: port().default(8080), host: z.string().default('127.0.0.1') }).prefault({}),
  }),
  aliases: { 'http.port': ['KS_PORT', 'PORT'] },
});

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kso-config-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function file(content: unknown): string {
  const path = join(folder, 'config.json');
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

function problemsOf(load: () => unknown): readonly string[] {
  try {
    load();
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  throw new Error('expected a ConfigError');
}

describe('precedence', () => {
  it('takes defaults, then the file, then the environment, then overrides', () => {
    const path = file({ clusterName: 'from-file', scanTimeout: '1m', http: { host: '0.0.0.0' } });
    const env = { KV_SCAN_TIMEOUT: '90s', KV_HTTP_PORT: '0' };
    const { config, sources } = loadConfig(definition, { env, file: path, overrides: { storage: true } });
    expect(config).toMatchObject({
      clusterName: 'from-file',
      scanTimeout: 90_000,
      storage: true,
      maxImageSize: 1024,
      http: { host: '0.0.0.0', port: 0 },
    });
    expect(sources).toMatchObject({
      clusterName: `file ${path}`,
      scanTimeout: 'env KV_SCAN_TIMEOUT',
      storage: 'option',
      maxImageSize: 'default',
      'http.port': 'env KV_HTTP_PORT',
      'http.host': `file ${path}`,
    });
  });

  it('reads upstream names after its own', () => {
    const alias = loadConfig(definition, { env: { PORT: '9000', KS_PORT: '9001' } });
    expect(alias.config.http.port).toBe(9001);
    expect(alias.sources['http.port']).toBe('env KS_PORT');
    expect(loadConfig(definition, { env: { KS_PORT: '9001', KV_HTTP_PORT: '9002' } }).config.http.port).toBe(9002);
  });

  it('finds another file by a variable', () => {
    const { config } = loadConfig(definition, { env: { KV_CONFIG_FILE: file({ clusterName: 'other' }) } });
    expect(config.clusterName).toBe('other');
  });

  it('takes an empty variable for absent', () => {
    const { config, warnings } = loadConfig(definition, { env: { KV_CLUSTER_NAME: '', KV_HTTP_PORT: '' } });
    expect([config.clusterName, config.http.port, warnings]).toEqual(['here', 8080, []]);
  });
});

describe('text of variables', () => {
  it.each([
    ['KV_STORAGE', 'TRUE', { storage: true }],
    ['KV_STORAGE', 'off', { storage: false }],
    ['KV_MAX_IMAGE_SIZE', '2Gi', { maxImageSize: 2 * 2 ** 30 }],
    ['KV_PLATFORMS', 'linux/amd64, linux/arm64,', { platforms: ['linux/amd64', 'linux/arm64'] }],
    ['KV_PLATFORMS', '["a,b"]', { platforms: ['a,b'] }],
    ['KV_LABELS', '{"a":"b"}', { labels: { a: 'b' } }],
  ])('%s=%s', (name, value, expected) => {
    expect(loadConfig(definition, { env: { [name]: value } }).config).toMatchObject(expected);
  });

  it('reads a secret from its variable or from a file, without the newline', () => {
    const path = join(folder, 'token');
    writeFileSync(path, 's3cret\n');
    const { config, sources } = loadConfig(definition, { env: { KV_TOKEN_FILE: path } });
    expect([config.token?.reveal(), sources['token']]).toEqual(['s3cret', 'env KV_TOKEN_FILE']);
    expect(loadConfig(definition, { env: { KV_TOKEN: 'direct', KV_TOKEN_FILE: path } }).config.token?.reveal()).toBe(
      'direct',
    );
  });
});

describe('problems', () => {
  it('are reported all at once, each with its place and source', () => {
    const path = file({ clusterNam: 'x', scanTimeout: 5, http: { prot: 1 }, platforms: ['a', 3] });
    const env = { KV_STORAGE: 'perhaps', KV_HTTP_PORT: '70000', KV_TOKEN_FILE: join(folder, 'absent') };
    const problems = problemsOf(() => loadConfig(definition, { env, file: path }));
    expect(problems).toEqual([
      `clusterNam: unknown key (file ${path}); did you mean clusterName?`,
      `http.prot: unknown key (file ${path}); did you mean port?`,
      `KV_TOKEN_FILE: ${join(folder, 'absent')} does not exist`,
      expect.stringContaining('storage: Invalid input: expected boolean'),
      expect.stringContaining('scanTimeout: a duration with its unit'),
      expect.stringMatching(/^platforms\.1: .*\(file /),
      'http.port: expected a port (env KV_HTTP_PORT)',
    ]);
    for (const problem of problems) expect(problem).not.toContain('\n');
  });

  it('name a file that is missing or broken, and never quote it', () => {
    expect(problemsOf(() => loadConfig(definition, { env: {}, file: join(folder, 'none.json') }))[0]).toContain(
      'none.json does not exist',
    );
    const broken = problemsOf(() => loadConfig(definition, { env: {}, file: file('{"token": "hunter2",\n x}') }));
    expect(broken).toEqual([expect.stringContaining('is malformed: not JSON at line 2, column 2')]);
    expect(broken.join()).not.toContain('hunter2');
    expect(problemsOf(() => loadConfig(definition, { env: {}, file: file('[]') }))[0]).toContain('not an object');
  });

  it('do not contain the value of a secret', () => {
    const strict = defineConfig({
      service: 's',
      prefix: 'S',
      schema: z.object({ key: secret().refine((value) => value.reveal().length > 20, 'too short') }),
    });
    expect(problemsOf(() => loadConfig(strict, { env: { S_KEY: 'hunter2' } }))).toEqual(['key: too short (env S_KEY)']);
  });
});

describe('B22 environment overrides for keys without a default', () => {
  const env = { KV_STORAGE: 'true', KV_KEEP_LOCAL: 'false', KV_STORGE: 'true' };

  it('binds every key of the schema and warns of unknown variables with the prefix', () => {
    const path = file({ accountID: '11111111-2222-3333-4444-555555555555', clusterName: 'c1' });
    const { config, sources, warnings } = loadConfig(definition, { env, file: path });
    expect([config.storage, config.keepLocal]).toEqual([true, false]);
    expect([sources['storage'], sources['keepLocal']]).toEqual(['env KV_STORAGE', 'env KV_KEEP_LOCAL']);
    expect(warnings).toEqual(['KV_STORGE is not a variable of kubevuln; did you mean KV_STORAGE?']);
  });

  it('logs the effective configuration with sources and without secrets', () => {
    const lines: string[] = [];
    const logger = createLogger({ service: 'kubevuln', level: 'info', destination: { write: (l) => lines.push(l) } });
    loadConfig(definition, { env: { ...env, KV_TOKEN: 'hunter2' }, logger });
    expect(lines).toHaveLength(2);
    const { settings } = JSON.parse(lines[1] ?? '') as { settings: unknown[] };
    expect(settings).toContainEqual({ setting: 'storage', value: true, source: 'env KV_STORAGE' });
    expect(settings).toContainEqual({ setting: 'token', value: '[redacted]', source: 'env KV_TOKEN' });
    expect(settings).toContainEqual({ setting: 'http.port', value: 8080, source: 'default' });
    expect(lines.join()).not.toContain('hunter2');
  });

  it('is not misled by the variables that Kubernetes makes of Services', () => {
    const links = {
      KV_HTTP_PORT: 'tcp://10.0.0.7:8001',
      KV_HTTP_PORT_8001_TCP: 'tcp://10.0.0.7:8001',
      KV_HTTP_PORT_8001_TCP_ADDR: '10.0.0.7',
      KV_HTTP_SERVICE_HOST: '10.0.0.7',
      KV_HTTP_SERVICE_PORT_WS: '8001',
    };
    const { config, warnings } = loadConfig(definition, { env: links });
    expect([config.http.port, warnings]).toEqual([8080, []]);
  });

  it('leaves the variables of other services alone', () => {
    const suite = defineConfig({
      service: 'suite',
      prefix: 'KSO',
      schema: z.object({ dataFolder: z.string().default('data') }),
      foreignPrefixes: ['KSO_GATEWAY'],
    });
    const { warnings } = loadConfig(suite, { env: { KSO_GATEWAY_HTTP_PORT: '1', KSO_DATA_FOLER: 'x' } });
    expect(warnings).toEqual(['KSO_DATA_FOLER is not a variable of suite; did you mean KSO_DATA_FOLDER?']);
  });
});

it('takes secrets that are secrets already', () => {
  const { config } = loadConfig(definition, { env: {}, overrides: { token: new Secret('x') } });
  expect(config.token?.reveal()).toBe('x');
});
