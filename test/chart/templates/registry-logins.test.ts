import { missingPrograms } from '@kso/testkit/programs';
import { describe, expect, it } from 'vitest';
import { byKind, configOf, envOf, named, render } from './rendered.ts';

const credentials = [
  { registry: 'r.example.com/team', username: 'u', password: 'p"\\w-secret', skipTlsVerify: true },
  { registry: 'plain.example.com:5000', insecure: true },
];
const logins = { imageScanning: { privateRegistries: { credentials, existingSecrets: ['theirs'] } } };
const warningsOf = (values: object) =>
  String(configOf(render(values), 'ks-capabilities', 'capabilities')['capabilityWarnings']);

describe.skipIf(missingPrograms('helm') !== undefined)('logins to registries', () => {
  it('are in one Secret, in the form that kubevuln and operator read, and nowhere else', () => {
    const objects = render(logins);
    const { data } = named(objects, 'Secret', 'kubescape-registry-scan-secrets') as unknown as {
      data: Record<string, string>;
    };
    expect(JSON.parse(Buffer.from(data['registriesAuth'] ?? '', 'base64').toString('utf8'))).toEqual([
      {
        registry: 'r.example.com/team',
        username: 'u',
        password: 'p"\\w-secret',
        skipTLSVerify: true,
        http: false,
        auth_method: 'credentials',
      },
      {
        registry: 'plain.example.com:5000',
        username: '',
        password: '',
        skipTLSVerify: false,
        http: true,
        auth_method: 'credentials',
      },
    ]);
    const others = objects.filter(({ metadata }) => metadata.name !== 'kubescape-registry-scan-secrets');
    expect(JSON.stringify(others)).not.toContain('w-secret');
    expect(byKind(render(), 'Secret').map(({ metadata }) => metadata.name)).not.toContain(
      'kubescape-registry-scan-secrets',
    );
  });

  it.each([
    ['kubevuln', 'KSO_KUBEVULN_CREDENTIALS_REGISTRY_SECRETS', 'KSO_KUBEVULN_CREDENTIALS_SECRET_NAMES', {}],
    ['suite', 'KSO_SUITE_IMAGES_REGISTRY_SECRETS', 'KSO_SUITE_IMAGES_REGISTRY_SECRET_NAMES', { profile: 'compact' }],
  ])(
    '%s reads them by name, and those that exist already; without any it looks for none',
    (name, on, names, values) => {
      expect(envOf(render({ ...values, ...logins }), name)).toMatchObject({
        [on]: 'true',
        [names]: 'kubescape-registry-scan-secrets,theirs',
      });
      const env = envOf(render(values), name);
      expect(env[on]).toBe('false');
      expect(env).not.toHaveProperty(names);
    },
  );

  it('the account may get these names and no others', () => {
    const values = { imageScanning: { ...logins.imageScanning, pullSecrets: { enabled: false } } };
    expect(named(render(values), 'Role', 'kubevuln')['rules']).toEqual([
      {
        apiGroups: [''],
        resources: ['secrets'],
        resourceNames: ['kubescape-registry-scan-secrets', 'theirs'],
        verbs: ['get'],
      },
    ]);
    expect(byKind(render(values), 'ClusterRole').map(({ metadata }) => metadata.name)).not.toContain(
      'kubescape-kubescape-kubevuln',
    );
  });

  it('one switch each turns pull secrets and identities of clouds off, and the notes say what that means', () => {
    const off = { imageScanning: { pullSecrets: { enabled: false }, cloudIdentity: { enabled: false } } };
    for (const [name, prefix, values] of [
      ['kubevuln', 'KSO_KUBEVULN_CREDENTIALS', {}],
      ['suite', 'KSO_SUITE_IMAGES', { profile: 'compact' }],
    ] as const) {
      const switches = (given: object) => {
        const env = envOf(render({ ...values, ...given }), name);
        return [env[`${prefix}_PULL_SECRETS`], env[`${prefix}_CLOUD_IDENTITY`]];
      };
      expect(switches({})).toEqual(['true', 'true']);
      expect(switches(off)).toEqual(['false', 'false']);
      expect(warningsOf({ ...values, ...off })).toContain('pull secrets of workloads are not read');
      expect(warningsOf(values)).not.toContain('pull secrets');
    }
  });

  it.each([
    [{ profile: 'compact' }, 'capabilities.registryScan has no effect'],
    [{ capabilities: { vulnerabilityScan: 'disable' } }, 'registryScan needs operator and vulnerabilityScan'],
  ])('%j: scans of registries by command cannot work, which is said', (values, warning) => {
    const capabilities = { registryScan: 'enable', ...(values as { capabilities?: object }).capabilities };
    expect(warningsOf({ ...values, capabilities })).toContain(warning);
    expect(warningsOf({ capabilities: { registryScan: 'enable' } })).not.toContain('registryScan');
  });
});
