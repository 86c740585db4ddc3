import { missingPrograms } from '@kso/testkit/programs';
import { describe, expect, it } from 'vitest';
import { byKind, configOf, envOf, named, podTemplate, render } from './rendered.ts';

const two = { kollector: { replicaCount: 2, persistence: { enabled: true } } };
const backend = {
  server: 'api.example.com',
  account: 'a',
  accessKey: 'k',
  clusterName: 'c',
  k8sReportUrl: 'reports.example.com',
};

describe.skipIf(missingPrograms('helm') !== undefined)('kollector', () => {
  it('reports to the cloud-endpoint of the release, with its account', () => {
    const objects = render();
    expect(envOf(objects, 'kollector')['KSO_KOLLECTOR_EVENT_RECEIVER_URL']).toBe('ws://cloud-endpoint:8090');
    const { volumeMounts } = podTemplate(objects, 'kollector').spec.containers[0];
    expect(volumeMounts?.map(({ mountPath }) => mountPath)).toContain('/etc/credentials');
  });

  it('reports to a backend as its files say', () => {
    const objects = render(backend);
    expect(envOf(objects, 'kollector')).not.toHaveProperty('KSO_KOLLECTOR_EVENT_RECEIVER_URL');
    expect(envOf(objects, 'kollector')['CONFIG']).toBe('/etc/config/clusterData.json');
    expect(configOf(objects, 'ks-cloud-config', 'clusterData')['eventReceiverWebsocketURL']).toBe(
      'reports.example.com',
    );
  });

  it('reports what it watches', () => {
    const env = (values: object) => envOf(render(values), 'kollector')['KSO_KOLLECTOR_REPORT_NAMESPACES'];
    expect(env({ includeNamespaces: 'shop,bank' })).toBe('shop,bank');
    expect(env({})).toBeUndefined();
  });

  it('several pods elect one that works, and share no volume', () => {
    const objects = render(two);
    expect(named(objects, 'Deployment', 'kollector')['spec']).toMatchObject({
      replicas: 2,
      strategy: { type: 'RollingUpdate' },
    });
    expect(envOf(objects, 'kollector')['KSO_KOLLECTOR_LEASE_ENABLED']).toBe('true');
    expect(JSON.stringify(podTemplate(objects, 'kollector').spec.volumes)).not.toContain('persistentVolumeClaim');
    expect(byKind(objects, 'PersistentVolumeClaim').map(({ metadata }) => metadata.name)).not.toContain(
      'kubescape-kollector',
    );
    expect(String(configOf(objects, 'ks-capabilities', 'capabilities')['capabilityWarnings'])).toContain(
      'kollector.persistence has no effect',
    );
  });

  it('one pod needs no Lease, and without election there is one', () => {
    for (const values of [{}, { ...two, leaderElection: { enabled: false } }]) {
      const objects = render(values);
      expect(named(objects, 'Deployment', 'kollector')['spec']).toMatchObject({
        replicas: 1,
        strategy: { type: 'Recreate' },
      });
      expect(envOf(objects, 'kollector')).not.toHaveProperty('KSO_KOLLECTOR_LEASE_ENABLED');
    }
  });

  it('asks the metadata service of a cloud only where a cloud is configured', () => {
    const asks = (values: object) => envOf(render(values), 'kollector')['KSO_KOLLECTOR_CLOUD_METADATA'];
    expect(asks({})).toBe('false');
    expect(asks({ cloudProviderMetadata: { cloudRegion: 'eu-west-1' } })).toBe('true');
  });
});
