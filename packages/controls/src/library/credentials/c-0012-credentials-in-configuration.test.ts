import { deployment, pod } from '@kso/testkit';
import type { KubeObject } from '@kso/wire';
import { describe, expect, it } from 'vitest';
import { findingsOn, pathsOf } from '../../testing/judge.ts';
import { credentialsInConfiguration } from './c-0012-credentials-in-configuration.ts';

const env = (name: string, value?: unknown, rest: object = {}) => ({
  env: [{ name, ...(value === undefined ? {} : { value }), ...rest }],
});
const configMap = (data: unknown): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'cm', namespace: 'shop' },
  data,
});
const jwt = 'eyJhbGciOiJIUzI1NiJ9.e30.c2lnbmF0dXJl';

describe('C-0012 credentials in environment variables', () => {
  it('fails by name, and never shows the value', () => {
    const findings = findingsOn(credentialsInConfiguration, deployment({ container: env('DB_PASSWORD', 'tiger-9') }));
    expect(pathsOf(findings, 'failed')).toEqual(
      ['name', 'value'].map((field) => `spec.template.spec.containers[0].env[0].${field}`),
    );
    expect(findings[0]?.found).toBe('******');
    expect(JSON.stringify(findings)).not.toContain('tiger');
  });

  it('fails by value', () => {
    expect(findingsOn(credentialsInConfiguration, pod({ container: env('SESSION', jwt) }))).toHaveLength(1);
    expect(
      findingsOn(credentialsInConfiguration, pod({ container: env('CLOUD_ID', 'AKIAABCDEFGHIJKLMNOP') })),
    ).toHaveLength(1);
  });

  it('B07 looks at init containers', () => {
    const spec = { initContainers: [{ name: 'i', ...env('API_TOKEN', 'abc') }] };
    expect(findingsOn(credentialsInConfiguration, pod({ spec }))).toMatchObject([
      { container: { list: 'initContainers' } },
    ]);
  });

  it.each([
    [
      'a reference to a Secret',
      env('DB_PASSWORD', undefined, { valueFrom: { secretKeyRef: { name: 's', key: 'k' } } }),
    ],
    ['the place of a file', env('DB_PASSWORD_FILE', 'secrets/db')],
    ['a path', env('DB_PASSWORD', '/run/secrets/db')],
    ['another variable', env('DB_PASSWORD', '$(OTHER)')],
    ['a plain word', env('ALLOW_EMPTY_PASSWORD', 'yes')],
    ['an empty value', env('DB_PASSWORD', '')],
    ['a harmless variable', env('LOG_LEVEL', 'debug')],
    ['a whole Secret', { envFrom: [{ secretRef: { name: 's' } }] }],
    ['a value of another type', env('DB_PASSWORD', 5)],
  ])('passes %s', (_what, container) => {
    expect(findingsOn(credentialsInConfiguration, pod({ container }))).toEqual([]);
  });

  it('passes what the installation allows', () => {
    const inputs = { sensitiveKeyNamesAllowed: ['public_key'], sensitiveValuesAllowed: ['^example-'] };
    expect(findingsOn(credentialsInConfiguration, pod({ container: env('PUBLIC_KEY_ID', '12') }), { inputs })).toEqual(
      [],
    );
    expect(findingsOn(credentialsInConfiguration, pod({ container: env('TOKEN', 'example-1') }), { inputs })).toEqual(
      [],
    );
  });

  it('does not pass when a pattern is broken', () => {
    const inputs = { sensitiveValues: ['('] };
    expect(() => findingsOn(credentialsInConfiguration, pod({ container: env('A', 'b') }), { inputs })).toThrow(
      SyntaxError,
    );
  });
});

describe('C-0012 credentials in ConfigMaps', () => {
  it('fails by name, by value, and by value in base64', () => {
    const data = { password: 'x1', header: `Bearer ${jwt}`, blob: Buffer.from(`{"t":"${jwt}"}`).toString('base64') };
    expect(pathsOf(findingsOn(credentialsInConfiguration, configMap(data)), 'delete')).toEqual([
      'data[password]',
      'data[header]',
      'data[blob]',
    ]);
  });

  // In quadratic time the first would take minutes.
  it('judges text that almost looks like base64, and entries of any length', () => {
    const almost = `${' '.repeat(1_000_000)}!`;
    const many = Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`almost${index}`, almost]));
    const data = { ...many, long: 'a'.repeat(20_000_000), password: 'x1' };
    expect(pathsOf(findingsOn(credentialsInConfiguration, configMap(data)), 'delete')).toEqual(['data[password]']);
  });

  it('passes ordinary data, and what is no map of texts', () => {
    for (const data of [{ 'app.properties': 'color=blue' }, undefined, null, [1], { password: 5 }])
      expect(findingsOn(credentialsInConfiguration, configMap(data))).toEqual([]);
  });
});
