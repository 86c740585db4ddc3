import { scanSourceOnce } from '@kso/kubescape-scanner';
import { deployment, pod } from '@kso/testkit';
import { type ControlPlane, controlPlanePrograms, startControlPlane } from '@kso/testkit/control-plane';
import { missingPrograms } from '@kso/testkit/programs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const skipped = missingPrograms(...controlPlanePrograms);
const namespaces = ['shop', 'bank'];

describe.skipIf(skipped)('a scan by somebody who may not read everything', { timeout: 120_000 }, () => {
  let cluster: ControlPlane;

  beforeAll(async () => {
    cluster = await startControlPlane();
    for (const name of namespaces) await cluster.client.createNamespace(name);
    await cluster.client.apply([
      pod({ name: 'p', namespace: 'shop', spec: { serviceAccountName: 'default' } }),
      ...namespaces.map((namespace) => deployment({ name: 'web', namespace })),
    ]);
  }, 120_000);
  afterAll(() => cluster?.stop());

  /** As an account with these rights and no others. */
  async function scanAs(name: string, resources: readonly string[]) {
    const rules = [{ apiGroups: ['', 'apps'], resources: [...resources], verbs: ['get', 'list', 'watch'] }];
    const kubeconfig = cluster.writeKubeconfig(name, await cluster.mintToken({ name, rules }));
    return scanSourceOnce({ source: { type: 'cluster', kubeconfig } });
  }

  it('B10 passes nothing that it could not look at, and names what it could not read', async () => {
    const { scanCoverage, summaryDetails } = await scanAs('pods-and-nodes', ['pods', 'nodes']);
    const takeover = summaryDetails.controls['C-0267'];
    expect(takeover?.statusInfo).toMatchObject({ status: 'skipped', subStatus: 'notEvaluated' });
    const gap = scanCoverage.notEvaluatedControls.find(({ controlID }) => controlID === 'C-0267');
    expect(gap?.missingGVRs).toEqual(
      expect.arrayContaining(
        ['clusterrolebindings', 'rolebindings', 'clusterroles'].map((name) => `rbac.authorization.k8s.io/v1/${name}`),
      ),
    );
    expect(scanCoverage.degraded).toBe(true);
    // Deployments were not read: a control about workloads must not pass because the only pod that was seen is fine.
    expect(summaryDetails.controls['C-0057']?.statusInfo.status).toBe('skipped');
  });

  it('says what the cluster is made of when it may read it', async () => {
    const { metadata, scanCoverage } = await scanSourceOnce({
      source: { type: 'cluster', kubeconfig: cluster.kubeconfig },
    });
    expect(scanCoverage.failedGVRPulls).toEqual([]);
    const counts = metadata.targetMetadata.clusterContextMetadata?.namespaceToNumberOfResources;
    expect(counts?.['shop']).toBeGreaterThan(counts?.['bank'] ?? Number.NaN);
  });

  it('takes control inputs from the ControlInput object, and is degraded where it may not read it', async () => {
    const adds = { securityContext: { capabilities: { add: ['CHOWN'] } } };
    await cluster.client.apply([
      controlInputs,
      pod({ name: 'chown', namespace: 'shop', container: adds, spec: { serviceAccountName: 'default' } }),
    ]);
    const source = { type: 'cluster', kubeconfig: cluster.kubeconfig } as const;
    const failed = async () => {
      const { summaryDetails } = await scanSourceOnce({ source, controls: ['C-0046'] });
      return summaryDetails.controls['C-0046']?.ResourceCounters.failedResources;
    };
    expect(await failed()).toBe(0);
    const spec = { controls: { insecureCapabilities: ['CHOWN'] } };
    const object = { apiVersion: 'kubescape.io/v1', kind: 'ControlInput', metadata: { name: 'default' }, spec };
    await cluster.client.apply([object]);
    expect(await failed()).toBe(1);
    const { scanCoverage } = await scanAs('pods-only', ['pods']);
    expect(scanCoverage.failedGVRPulls.map(({ gvr }) => gvr)).toContain('kubescape.io/v1/controlinputs');
  });
});

/** As much of its definition as its reader needs. */
const controlInputs = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'controlinputs.kubescape.io' },
  spec: {
    group: 'kubescape.io',
    scope: 'Cluster',
    names: { kind: 'ControlInput', plural: 'controlinputs', singular: 'controlinput' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
      },
    ],
  },
};
