import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { missingPrograms } from '@kso/testkit/programs';
import { testDataFile } from '@kso/testkit/test-data';
import { describe, expect, it, onTestFinished } from 'vitest';
import { template } from '../values/chart-under-test.ts';
import {
  byKind,
  chartFolder,
  configOf,
  envOf,
  named,
  objectsOf,
  type PodTemplate,
  refusal,
  render,
  running,
  valuesFile,
  workloads,
} from './rendered.ts';
import { variants } from './variants.ts';

const missing = missingPrograms('helm') !== undefined;
const standard = ['cloud-endpoint', 'gateway', 'kollector', 'kubescape', 'kubevuln', 'operator', 'redis'];
const without = (...names: string[]) => standard.filter((name) => !names.includes(name));
/** Without the metadata of a bare pod, which is its object's. */
const podOnly = ({ metadata, spec }: PodTemplate) => ({
  spec,
  labels: metadata.labels,
  checksums: metadata.annotations,
});
const cronJobs = (values: object) => byKind(render(values), 'CronJob').map(({ metadata }) => metadata.name);

describe.skipIf(missing)('24.4 which components run (chart.md 3.1)', () => {
  it.each([
    ['nothing is set', {}, standard],
    ['a backend is set', { server: 's', account: 'a', accessKey: 'k', clusterName: 'c' }, without('cloud-endpoint')],
    [
      'the cloud-endpoint is off',
      { cloudEndpoint: { enabled: false } },
      without('cloud-endpoint', 'gateway', 'kollector'),
    ],
    [
      'gateway and kollector are asked for',
      { cloudEndpoint: { enabled: false }, gateway: { enabled: true }, kollector: { enabled: true } },
      without('cloud-endpoint'),
    ],
    [
      'gateway and kollector are off',
      { gateway: { enabled: false }, kollector: { enabled: false } },
      without('gateway', 'kollector'),
    ],
    ['the operator is off', { capabilities: { operator: 'disable' } }, without('operator')],
    ['configuration scans are off', { capabilities: { configurationScan: 'disable' } }, without('kubescape')],
    ['by the name of 1.14', { kubescape: { enabled: false } }, without('kubescape')],
    ['image scans are off', { capabilities: { vulnerabilityScan: false } }, without('kubevuln')],
    ['Redis is elsewhere', variants['external Redis']?.values as object, without('redis')],
    ['there is an offline database', { grypeOfflineDB: { enabled: true } }, [...standard, 'grype-offline-db']],
    ['telemetry goes straight out', { configurations: { otelUrl: 'otel:4317' } }, standard],
    [
      'a collector is asked for',
      { otelCollector: { enabled: true }, configurations: { otelUrl: 'otel:4317' } },
      [...standard, 'otel-collector'],
    ],
    ['a collector has nowhere to send to', { otelCollector: { enabled: true } }, standard],
    ['the profile is compact', { profile: 'compact' }, ['suite']],
  ])('%s', (_name, values, expected) => {
    expect(running(render(values))).toEqual(expected.toSorted());
  });

  it('the schedules need the operator and their own capability', () => {
    expect(cronJobs({})).toEqual(['kubescape-scheduler', 'kubevuln-scheduler']);
    expect(cronJobs({ profile: 'compact' })).toEqual(['kubescape-scheduler', 'kubevuln-scheduler']);
    expect(cronJobs({ capabilities: { operator: 'disable' } })).toEqual([]);
    expect(cronJobs({ capabilities: { configurationScan: 'disable' } })).toEqual(['kubevuln-scheduler']);
    expect(cronJobs({ kubevulnScheduler: { enabled: false } })).toEqual(['kubescape-scheduler']);
  });

  it.each([
    'admissionController',
    'agentRuntimePosture',
    'httpDetection',
    'malwareDetection',
    'manageWorkloads',
    'networkEventsStreaming',
    'networkPolicyService',
    'nodeProfileService',
    'nodeSbomGeneration',
    'nodeScan',
    'relevancy',
    'remediation',
    'runtimeDetection',
    'runtimeObservability',
    'seccompProfileService',
    'syncSBOM',
    'vexGeneration',
  ])('%s is not built yet: published as asked, not effective, with a warning', (name) => {
    const published = configOf(render({ capabilities: { [name]: 'enable' } }), 'ks-capabilities', 'capabilities');
    expect(published['capabilities']).toMatchObject({ [name]: 'enable' });
    expect(published['effectiveCapabilities']).toMatchObject({ [name]: 'disable' });
    expect(published['capabilityWarnings']).toContain(`not built yet, without effect: ${name}`);
  });

  it('ks-capabilities has its six keys', () => {
    expect(Object.keys(configOf(render(), 'ks-capabilities', 'capabilities'))).toEqual([
      'capabilities',
      'capabilityWarnings',
      'components',
      'configurations',
      'effectiveCapabilities',
      'serviceScanConfig',
    ]);
  });
});

describe.skipIf(missing)('24.2 a default release', () => {
  const clusterScoped = ['ClusterRole', 'ClusterRoleBinding', 'CustomResourceDefinition'];

  it('has no Secret with data, no hook but the test, no foreign image of ours, nothing outside of its namespace', () => {
    const objects = render();
    for (const secret of byKind(objects, 'Secret')) expect(secret).not.toHaveProperty('data');
    const hooks = objects.filter(({ metadata }) => metadata.annotations?.['helm.sh/hook'] !== undefined);
    expect(
      hooks.map(({ kind, metadata }) => `${kind} ${metadata.name} ${metadata.annotations?.['helm.sh/hook']}`),
    ).toEqual(['Pod helm-test test']);
    expect(JSON.stringify(objects)).not.toContain('quay.io/kubescape');
    const [outside, inside] = [true, false].map((wanted) =>
      objects.filter(({ kind }) => clusterScoped.includes(kind) === wanted),
    );
    // The name of a kind is that of its group.
    for (const { metadata } of outside ?? []) expect(metadata.name).toMatch(/^kubescape-kubescape-|\.kubescape\.io$/);
    expect(inside?.filter(({ metadata }) => metadata.namespace !== 'kubescape')).toEqual([]);
  });

  it('names no host outside of the cluster', () => {
    const hosts = JSON.stringify(render()).match(/(?:https?|wss?):\/\/[^"/:\\]+/g) ?? [];
    const names = new Set(hosts.map((url) => url.replace(/^\w+:\/\//, '').replace(/\.kubescape\.svc$/, '')));
    const services = byKind(render(), 'Service').map(({ metadata }) => metadata.name);
    expect(names.size).toBeGreaterThan(5);
    expect([...names].filter((name) => !services.includes(name))).toEqual([]);
  });

  it('puts no version of the chart into pods or selectors, and selects by three labels', () => {
    const pods = workloads(render()).filter(({ object }) => object.kind !== 'Pod');
    const labels = JSON.stringify(pods.map(({ pod }) => pod.metadata.labels));
    expect(labels).not.toMatch(/helm\.sh\/chart|app\.kubernetes\.io\/version/);
    const selecting = pods.filter(({ object }) => ['Deployment', 'StatefulSet'].includes(object.kind));
    for (const { object, component } of selecting) {
      const matchLabels = {
        'app.kubernetes.io/name': 'kubescape-operator',
        'app.kubernetes.io/instance': 'kubescape',
        'app.kubernetes.io/component': component,
      };
      expect((object['spec'] as { selector: object }).selector).toEqual({ matchLabels });
    }
  });

  it('makes its secrets at run time, with rights on their names only', () => {
    const objects = render();
    expect(named(objects, 'Role', 'make-secrets')['rules']).toEqual([
      {
        apiGroups: [''],
        resources: ['secrets'],
        resourceNames: ['redis-auth', 'cloud-endpoint-account'],
        verbs: ['get', 'patch'],
      },
    ]);
    expect(
      byKind(render({ redis: { auth: { existingSecret: 'r' } }, cloudEndpoint: { existingSecret: 'e' } }), 'Job'),
    ).toEqual([]);
  });
});

describe.skipIf(missing)('rendering', () => {
  it.each(Object.entries(variants))('24.3 %s: twice gives the same bytes', (_name, given) => {
    const once = () => template(chartFolder, given).out;
    expect(once()).toBe(once());
  });

  it('24.3 a change of the version of the chart alone restarts nothing and makes no new Job', () => {
    const chart = mkdtempSync(path.join(tmpdir(), 'kso-version-'));
    onTestFinished(() => rmSync(chart, { recursive: true }));
    cpSync(chartFolder, chart, { recursive: true });
    const file = path.join(chart, 'Chart.yaml');
    writeFileSync(file, readFileSync(file, 'utf8').replace(/^version: .*$/m, 'version: 9.9.9-test.1'));
    for (const given of [{}, variants['full'] ?? {}, variants['compact'] ?? {}]) {
      const { out, error } = template(chart, given);
      expect(error).toBe('');
      expect(out).toContain('helm.sh/chart: kubescape-operator-9.9.9-test.1');
      const before = workloads(render(given.values as object));
      const pods = (all: typeof before) =>
        all.map(({ object, pod }) => [object.kind, object.metadata.name, podOnly(pod)]);
      expect(pods(workloads(objectsOf(out)))).toEqual(pods(before));
    }
  });

  it('24.3 a change of the log level restarts pods', () => {
    const pods = (level: string) => workloads(render({ logger: { level } })).map(({ pod }) => JSON.stringify(pod));
    const [info, debug] = [pods('info'), pods('debug')];
    expect(info.filter((pod, index) => pod === debug[index])).toEqual([expect.stringContaining('redis-server')]);
  });

  it.each([
    [{ server: 's', accessKey: 'k', clusterName: 'c' }, 'an account is needed'],
    [{ server: 's', account: 'a', clusterName: 'c' }, 'an access key is needed'],
    [{ server: 's', account: 'a', accessKey: 'k', clusterName: '' }, 'set clusterName'],
    [{ server: 's', account: 'a', accessKey: 'k' }, 'set clusterName'],
  ])('24.5 %j lacks something, and is told what', (values, advice) => {
    expect(refusal(values)).toContain(advice);
  });

  it('24.5 without a backend a cluster needs no name', () => {
    expect(envOf(render(), 'kubescape')).toMatchObject({ KSO_SCANNER_CLUSTER_NAME: 'cluster' });
  });

  it.each([
    [{ ksNamespace: 'elsewhere' }, 'ksNamespace is "elsewhere" but the release goes to namespace "kubescape"'],
    [{ redis: { enabled: false } }, 'the services need a queue'],
    [{ alertCRD: { scopeClustered: true, scopeNamespaced: true } }, 'exclude each other'],
    [{ global: { overrideDefaultCaCertificates: { enabled: true } } }, 'needs the bundle itself'],
    [{ global: { extraCaCertificates: { enabled: true } } }, 'needs global.extraCaCertificates.secretName'],
    [{ cloudProviderMetadata: { awsIamRoleArn: 'a', gkeServiceAccount: 'g' } }, 'belong to different clouds'],
    [{ imagePullSecret: { server: 'r' } }, 'name the Secret that is made of it'],
  ])('refuses %j with advice', (values, advice) => {
    expect(refusal(values)).toContain(advice);
  });

  it.each([
    [{}, 'https://s'],
    [{ eventReceiverHttpUrl: 'https://reports.example.com' }, 'https://reports.example.com'],
    [{ kubescape: { urls: { report: 'reports.example.com' } } }, 'https://reports.example.com'],
    [{ serviceDiscovery: { services: { response: { 'event-receiver-http': 'https://d' } } } }, 'https://d'],
    [{ serviceDiscovery: { services: '{"response":{"event-receiver-http":"https://d"}}' } }, 'https://d'],
  ])('reports go where the backend takes them: %j', (values, url) => {
    const objects = render({ server: 's', account: 'a', accessKey: 'k', clusterName: 'c', ...values });
    for (const [component, name] of Object.entries({
      operator: 'OPERATOR_REPORTS',
      kubescape: 'SCANNER_REPORT',
      kubevuln: 'KUBEVULN_REPORT',
    }))
      expect(envOf(objects, component)[`KSO_${name}_URL`]).toBe(url);
    const { capabilityWarnings } = configOf(objects, 'ks-capabilities', 'capabilities');
    expect(String(capabilityWarnings).includes('not discovered yet')).toBe(url === 'https://s');
  });

  it('compact with a backend: the suite asks it for addresses, or gets those that are known, and has no endpoint of its own', () => {
    const backend = { profile: 'compact', server: 'api.example.com', account: 'a', accessKey: 'k', clusterName: 'c' };
    const objects = render(backend);
    expect(envOf(objects, 'suite')).toMatchObject({ KSO_SUITE_BACKEND_URL: 'https://api.example.com' });
    expect(envOf(objects, 'suite')).not.toHaveProperty('KSO_SUITE_BACKEND_REPORT_URL');
    expect(byKind(objects, 'Service').map(({ metadata }) => metadata.name)).not.toContain('cloud-endpoint');
    const known = { eventReceiverHttpUrl: 'https://reports.example.com', gatewayUrl: 'gw.example.com' };
    expect(envOf(render({ ...backend, ...known }), 'suite')).toMatchObject({
      KSO_SUITE_BACKEND_REPORT_URL: 'https://reports.example.com',
      KSO_SUITE_BACKEND_GATEWAY_URL: 'gw.example.com',
    });
    for (const values of [backend, { ...backend, ...known }])
      expect(String(configOf(render(values), 'ks-capabilities', 'capabilities')['capabilityWarnings'])).not.toContain(
        'not discovered',
      );
  });

  it.each(['default', 'compact'])(
    'offline there is no backend, whatever server says: results stay here (%s)',
    (profile) => {
      const objects = render({ profile, server: 'api.example.com', capabilities: { kubescapeOffline: 'enable' } });
      expect(JSON.stringify(objects)).not.toContain('api.example.com');
      expect(byKind(objects, 'Service').map(({ metadata }) => metadata.name)).toContain('cloud-endpoint');
    },
  );

  it('24.5 a Secret of the user takes the place of account and key', () => {
    const objects = render({ server: 's', clusterName: 'c', credentials: { cloudSecret: 'mine' } });
    expect(byKind(objects, 'Secret').map(({ metadata }) => metadata.name)).toEqual(['redis-auth']);
    expect(JSON.stringify(named(objects, 'Deployment', 'operator'))).toContain('"secretName":"mine"');
    expect(envOf(objects, 'operator')['KSO_OPERATOR_REPORTS_URL']).toBe('https://s');
  });

  const former = ['1.15.3', '1.27.7', '1.40.3'].map((version) =>
    testDataFile(`golden/values/kubescape-operator-${version}.yaml`),
  );

  it.skipIf(former.includes(undefined)).each(former)(
    '24.1 takes the complete values file of a former chart: %s',
    (file = '') => {
      const objects = render({ account: 'a', accessKey: 'k', clusterName: 'c' }, { files: [file] });
      expect(running(objects)).toEqual(expect.arrayContaining(['operator', 'kubescape', 'kubevuln']));
      expect(JSON.stringify(workloads(objects))).not.toContain('quay.io/kubescape/');
      // Limits that were made for Go programs would not let Node.js start.
      const memory = workloads(objects).map(({ pod }) => pod.spec.containers[0].resources.limits?.['memory']);
      expect(memory).not.toContain('20Mi');
      expect(memory).not.toContain('50Mi');
    },
  );

  it.each(['e2e-default', 'e2e-compact', 'eks', 'gke', 'aks', 'openshift', 'large', 'small'])(
    'the example values %s render',
    (name) => {
      expect(render({}, { files: [valuesFile(name)] }).length).toBeGreaterThan(10);
    },
  );
});
