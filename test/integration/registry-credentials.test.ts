import { createLogger, createMetrics, readOutgoing, systemClock } from '@kso/kit';
import { KubevulnConfig, type OpenedCredentials, openCredentials } from '@kso/kubevuln';
import { createRegistryClient, type RegistryClient, type Resolution } from '@kso/registry';
import { deployment } from '@kso/testkit';
import { type ControlPlane, type PolicyRule, startControlPlane } from '@kso/testkit/control-plane';
import { buildImage, layer, pushImage } from '@kso/testkit/images';
import { missingPrograms } from '@kso/testkit/programs';
import { type Registry, registryPassword, registryUser, startRegistry } from '@kso/testkit/registry';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

const namespace = 'shop';
const skipped = missingPrograms('etcd', 'kube-apiserver', 'docker-registry');

/** What the chart gives to kubevuln: objects are read by their names, Secrets are listed in its own namespace only. */
const rights: readonly PolicyRule[] = [
  { apiGroups: [''], resources: ['pods', 'replicationcontrollers', 'serviceaccounts', 'secrets'], verbs: ['get'] },
  { apiGroups: ['apps'], resources: ['deployments', 'replicasets', 'statefulsets', 'daemonsets'], verbs: ['get'] },
  { apiGroups: ['batch'], resources: ['jobs', 'cronjobs'], verbs: ['get'] },
];

describe.skipIf(skipped)('logins of a real cluster for a real registry', { timeout: 120_000 }, () => {
  let cluster: ControlPlane;
  let registry: Registry;
  let open: Registry;
  let client: RegistryClient;
  let opened: OpenedCredentials | undefined;

  beforeAll(async () => {
    [cluster, open] = await Promise.all([startControlPlane(), startRegistry()]);
    registry = await startRegistry({ folder: open.folder, login: true });
    client = createRegistryClient({ outgoing: readOutgoing({}), clock: systemClock });
    const image = buildImage({ layers: [layer([{ type: 'file', path: 'a', content: 'a' }])] });
    await pushImage(open.url, 'team/app', '1', image);
    for (const name of [namespace, 'kubescape']) await cluster.client.createNamespace(name);
  }, 120_000);
  afterEach(() => opened?.close());
  afterAll(async () => {
    await client?.close();
    for (const each of [registry, open]) await each?.stop();
    await cluster?.stop();
  });

  /** Resolves the workload's image as a scan does, with the rights of a token. */
  async function resolve(
    rules: readonly PolicyRule[],
    settings: object = {},
  ): Promise<Resolution & { gaps: string[] }> {
    const token = await cluster.mintToken({ rules });
    const kubeconfig = cluster.writeKubeconfig('scanner', token);
    const config = KubevulnConfig.parse({
      credentials: { kubeconfig, namespace: 'kubescape', cloudIdentity: false, ...settings },
    });
    const logger = createLogger({ service: 'test', level: 'silent' });
    opened = await openCredentials(config, {
      env: {},
      clock: systemClock,
      logger,
      metrics: createMetrics(),
    });
    const reference = { written: '', registry: registry.host, repository: 'team/app', tag: '1' };
    const signal = AbortSignal.timeout(60_000);
    const job = { wlid: `wlid://cluster-c/namespace-${namespace}/deployment-web` };
    const found = await opened.credentials.find({ ...reference, job, signal });
    const { credentials, gaps } = found;
    const platform = { os: 'linux', architecture: 'amd64' };
    return { ...(await client.resolve({ reference, platform, credentials, signal })), gaps: [...gaps] };
  }

  const pullSecret = (name: string) => ({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, namespace },
    type: 'kubernetes.io/dockerconfigjson',
    stringData: {
      '.dockerconfigjson': JSON.stringify({
        auths: {
          // B17, and B29: a login of another registry beside it.
          [registry.host]: { auth: Buffer.from(`${registryUser}:${registryPassword}`).toString('base64') },
          'registry.example.com': { username: 'other', password: 'other' },
        },
      }),
    },
  });

  it('the pull secret of the pod lets in, and is named', async () => {
    const web = deployment({ name: 'web', namespace, spec: { imagePullSecrets: [{ name: 'pull' }] } });
    await cluster.client.apply([pullSecret('pull'), web]);
    expect(await resolve(rights)).toMatchObject({
      outcome: 'resolved',
      origin: { kind: 'podPullSecret', name: 'shop/pull' },
    });
  });

  it('without the right to read Secrets nobody is let in, and why is known; the switch asks for none', async () => {
    const withoutSecrets = rights.map((rule) => ({
      ...rule,
      resources: rule.resources.filter((kind) => kind !== 'secrets'),
    }));
    expect(await resolve(withoutSecrets)).toMatchObject({
      outcome: 'unauthorized',
      gaps: expect.arrayContaining(['Secret shop/pull: may not be read']),
    });
    expect(await resolve(rights, { pullSecrets: false })).toMatchObject({ outcome: 'unauthorized', gaps: [] });
  });

  it("the ServiceAccount's pull secret lets in", async () => {
    const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'deployer', namespace } };
    await cluster.client.delete(deployment({ name: 'web', namespace }));
    await cluster.client.apply([
      { ...account, imagePullSecrets: [{ name: 'pull' }] },
      deployment({ name: 'web', namespace, spec: { serviceAccountName: 'deployer' } }),
    ]);
    expect(await resolve(rights)).toMatchObject({
      outcome: 'resolved',
      origin: { kind: 'serviceAccountPullSecret', name: 'shop/pull' },
    });
  });

  it("the chart's Secret of private registries lets in, read by its name", async () => {
    const entry = {
      registry: registry.host,
      username: registryUser,
      password: registryPassword,
      auth_method: 'credentials',
    };
    await cluster.client.apply([
      {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name: 'kubescape-registry-scan-secrets', namespace: 'kubescape' },
        stringData: { registriesAuth: JSON.stringify([entry]) },
      },
    ]);
    expect(await resolve(rights, { pullSecrets: false })).toMatchObject({
      outcome: 'resolved',
      origin: { kind: 'registrySecret', name: 'kubescape/kubescape-registry-scan-secrets' },
    });
  });
});
