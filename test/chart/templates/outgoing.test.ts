import { missingPrograms } from '@kso/testkit/programs';
import { load } from 'js-yaml';
import { describe, expect, it } from 'vitest';
import { byKind, named, podOf, render, workloads } from './rendered.ts';

const foreign = new Set(['redis', 'otel-collector', 'grype-offline-db']);
const values = {
  global: {
    httpsProxy: 'http://proxy.example.com:3128',
    noProxy: 'registry.example.com',
    proxySecretFile: Buffer.from('-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n').toString('base64'),
    extraCaCertificates: { enabled: true, secretName: 'corporate-ca' },
  },
  imagePullSecrets: 'mirror',
};

/** All pods of our own, also those that the operator makes of the templates. */
function own(objects: ReturnType<typeof render>) {
  const templates = byKind(objects, 'ConfigMap')
    .map((map) => (map as unknown as { data?: Record<string, string> }).data?.['cronjobTemplate'])
    .filter((text) => text !== undefined)
    .map((text) => load(text) as (typeof objects)[number]);
  expect(templates.map(({ metadata }) => metadata.name)).toEqual([
    'kubescape-scheduler',
    'kubevuln-scheduler',
    'registry-scheduler',
  ]);
  const made = templates.map((object) => ({
    component: `template ${object.metadata.name}`,
    object,
    pod: podOf(object),
  }));
  return [...workloads(objects), ...made].filter(({ component }) => !foreign.has(component));
}

describe.skipIf(missingPrograms('helm') !== undefined)('24.7 the way out', () => {
  it('B40 one value each for proxy, no-proxy and CAs reaches every pod and every template', () => {
    const pods = own(render(values));
    expect(pods.length).toBeGreaterThan(10);
    for (const { component, pod } of pods) {
      const [container] = pod?.spec.containers ?? [];
      const env = Object.fromEntries((container?.env ?? []).map(({ name, value }) => [name, value]));
      expect({ component, ...env }).toMatchObject({
        HTTPS_PROXY: 'http://proxy.example.com:3128',
        https_proxy: 'http://proxy.example.com:3128',
        HTTP_PROXY: 'http://proxy.example.com:3128',
        http_proxy: 'http://proxy.example.com:3128',
        NODE_USE_ENV_PROXY: '1',
        KSO_CA_FILE: '/etc/ssl/proxy-ca/proxy.crt:/etc/ssl/extra-ca',
        NODE_EXTRA_CA_CERTS: '/etc/ssl/proxy-ca/proxy.crt',
      });
      expect(env['no_proxy']).toBe(env['NO_PROXY']);
      const paths = (container?.volumeMounts ?? []).map(({ mountPath }) => mountPath);
      expect(paths).toEqual(expect.arrayContaining(['/etc/ssl/proxy-ca', '/etc/ssl/extra-ca']));
      expect(pod?.spec.imagePullSecrets).toEqual([{ name: 'mirror' }]);
    }
  });

  it('B40 the API server, Redis and every Service of the release are never sent through the proxy', () => {
    const objects = render(values);
    const [operator] = own(objects);
    const list =
      operator?.pod?.spec.containers[0].env?.find(({ name }) => name === 'NO_PROXY')?.value?.split(',') ?? [];
    const services = byKind(objects, 'Service').filter(({ metadata }) => !metadata.name.endsWith('-health'));
    for (const { metadata } of services)
      expect(list).toEqual(expect.arrayContaining([metadata.name, `${metadata.name}.kubescape`]));
    expect(list).toEqual(
      expect.arrayContaining([
        '$(KUBERNETES_SERVICE_HOST)',
        'kubernetes.default.svc',
        '.svc',
        '.cluster.local',
        'localhost',
        'registry.example.com',
      ]),
    );
  });

  it('B40 without an account there are scheduler, scanner and a place for results', () => {
    const objects = render({ account: '' });
    expect(byKind(objects, 'CronJob')).toHaveLength(2);
    for (const name of ['kubescape', 'kubevuln', 'cloud-endpoint'])
      expect(named(objects, 'Deployment', name)).toBeDefined();
  });

  it('a bundle that replaces the usual one is mounted in its place', () => {
    const bundle = '-----BEGIN CERTIFICATE-----\nMIIC\n-----END CERTIFICATE-----\n';
    const objects = render({ global: { overrideDefaultCaCertificates: { enabled: true, caCertificates: bundle } } });
    for (const { component, pod } of own(objects)) {
      const [container] = pod?.spec.containers ?? [];
      const env = Object.fromEntries((container?.env ?? []).map(({ name, value }) => [name, value]));
      const file = '/etc/ssl/certs/ca-certificates.crt';
      expect({ component, ...env }).toMatchObject({
        SSL_CERT_FILE: file,
        NODE_EXTRA_CA_CERTS: file,
        KSO_CA_FILE: file,
      });
    }
    const { data } = named(objects, 'Secret', 'custom-ca-certificates') as unknown as { data: Record<string, string> };
    expect(Buffer.from(data['ca-certificates.crt'] ?? '', 'base64').toString()).toBe(bundle);
  });

  it.each([
    ['PEM', '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n'],
    ['base64 of it', values.global.proxySecretFile],
  ])('the certificate of the proxy may be %s', (_form, proxySecretFile) => {
    const objects = render({ global: { proxySecretFile } });
    const secret = named(objects, 'Secret', 'kubescape-proxy-certificate') as unknown as {
      data: Record<string, string>;
      metadata: { annotations?: object };
    };
    expect(Buffer.from(secret.data['proxy.crt'] ?? '', 'base64').toString()).toMatch(/^-----BEGIN CERTIFICATE-----\n/);
    // Not a hook: those outlive the release.
    expect(secret.metadata.annotations).toBeUndefined();
  });

  it.each([
    ['a name', 'one', [{ name: 'one' }]],
    ['names', ['one', 'two'], [{ name: 'one' }, { name: 'two' }]],
    ['objects', [{ name: 'one' }], [{ name: 'one' }]],
  ])('pull secrets are given as %s', (_form, imagePullSecrets, expected) => {
    for (const { pod } of workloads(render({ imagePullSecrets }))) expect(pod.spec.imagePullSecrets).toEqual(expected);
  });

  it('logins to registries are JSON whatever is in a password', () => {
    const login = { registry: 'r.example.com', username: 'u', password: '"\\\n{{x}}', skipTlsVerify: true };
    const objects = render({ imageScanning: { privateRegistries: { credentials: [login] } } });
    const { data } = named(objects, 'Secret', 'kubescape-registry-scan-secrets') as unknown as {
      data: Record<string, string>;
    };
    expect(JSON.parse(Buffer.from(data['registriesAuth'] ?? '', 'base64').toString())).toEqual([
      {
        registry: 'r.example.com',
        username: 'u',
        password: '"\\\n{{x}}',
        skipTLSVerify: true,
        http: false,
        auth_method: 'credentials',
      },
    ]);
  });
});
