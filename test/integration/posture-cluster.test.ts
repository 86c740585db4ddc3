import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createLogger, createMetrics, noopTracer, systemClock } from '@kso/kit';
import { createSuite, type Suite, suiteConfig } from '@kso/suite';
import { until } from '@kso/testkit';
import { type ControlPlane, controlPlanePrograms, startControlPlane } from '@kso/testkit/control-plane';
import { missingPrograms } from '@kso/testkit/programs';
import { readJsonLines, testDataFile } from '@kso/testkit/test-data';
import type { KubeObject, PostureReport, ResourceResult } from '@kso/wire';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { endpointClient } from '../support/endpoint-client.ts';

/** Ten charts of many kinds: RBAC, DaemonSets, CronJobs, StatefulSets, Jobs, ingress classes, claims. */
const charts = [
  'argo-cd',
  'cadvisor',
  'clickhouse-operator',
  'fluentd',
  'grafana-k6-operator',
  'kubernetes-event-exporter',
  'matomo',
  'nginx-ingress-controller',
  'sealed-secrets',
  'wordpress',
].map((name) => `rendered/${name}.yaml`);

interface Chart {
  readonly id: string;
  readonly resources: readonly KubeObject[];
  /** Control → objects as `group/Kind/namespace/name`, those that fail in the rendered chart. */
  readonly verdicts: Readonly<Record<string, readonly string[]>>;
}

interface Difference {
  readonly control: string;
  readonly stricter?: Readonly<Record<string, readonly string[]>>;
  readonly milder?: Readonly<Record<string, readonly string[]>>;
}

const file = testDataFile('golden/charts.jsonl');
const skipped = file === undefined ? 'no charts' : missingPrograms(...controlPlanePrograms);

describe.skipIf(skipped)('a cluster with ten real charts', { timeout: 120_000 }, () => {
  let cluster: ControlPlane;
  let running: RunningSuite;
  let report: PostureReport;
  const applied = file === undefined ? [] : readCharts(file);

  beforeAll(async () => {
    cluster = await startControlPlane({ controllerManager: true });
    for (const { namespace } of applied) await cluster.client.createNamespace(namespace);
    for (const { chart, namespace } of applied) await cluster.client.apply(chart.resources, { namespace });
    running = await startSuite(cluster.kubeconfig);
    report = await running.scan();
  }, 120_000);
  afterAll(async () => {
    await running?.stop();
    await cluster?.stop();
  });

  it.each(applied)('finds what fails in $chart.id, and nothing else', ({ chart, namespace }) => {
    const known = new Set(Object.keys(report.summaryDetails.controls));
    const expected = Object.entries(chart.verdicts).filter(([control]) => known.has(control));
    expect(expected.length).toBeGreaterThan(15);
    const found = failuresOf(report, namespace, chart);
    const ours = expected.map(([control]) => [control, found.get(control) ?? []]);
    const theirs = expected.map(([control, objects]) => [control, [...objects].sort()]);
    expect(Object.fromEntries(ours)).toEqual(Object.fromEntries(theirs));
  });

  it('has something to find', () => {
    const known = new Set(Object.keys(report.summaryDetails.controls));
    const failures = applied.flatMap(({ chart }) => Object.entries(chart.verdicts).filter(([id]) => known.has(id)));
    expect(failures.flatMap(([, objects]) => objects).length).toBeGreaterThan(50);
    expect(report.scanCoverage?.failedGVRPulls ?? []).toEqual([]);
  });

  it('evaluates a changed Deployment and nothing else, and reads nothing again', async () => {
    const listsBefore = await listsOf(cluster);
    running.changes.length = 0;
    await makePrivileged(cluster, 'wordpress', 'rel-wordpress');
    await running.untilFailed('C-0057', 'rel-wordpress');
    // A second change: whatever the first one set off has been published before it.
    await makePrivileged(cluster, 'sealed-secrets', 'rel-sealed-secrets');
    await running.untilFailed('C-0057', 'rel-sealed-secrets');

    expect(new Set(running.changes.map(({ resourceId }) => resourceId))).toEqual(
      new Set(['apps/v1/wordpress/Deployment/rel-wordpress', 'apps/v1/sealed-secrets/Deployment/rel-sealed-secrets']),
    );
    expect(await listsOf(cluster)).toEqual(listsBefore);
    const endpoint = endpointClient(running.suite.urls().endpoint);
    await until('the changed result at the CloudEndpoint', async () => {
      const query = 'namespace=wordpress&text=C-0057';
      const { items } = await endpoint.get<{ items: { name: string }[] }>(
        `/api/clusters/${clusterName}/workloads?${query}`,
      );
      return items.some(({ name }) => name === 'rel-wordpress');
    });
  });
});

async function makePrivileged(cluster: ControlPlane, namespace: string, name: string): Promise<void> {
  const deployment: KubeObject = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name, namespace } };
  const current = await cluster.client.get(deployment);
  const { template } = (current ?? deployment)['spec'] as { template: { spec: { containers: object[] } } };
  const securityContext = { privileged: true, allowPrivilegeEscalation: true };
  const containers = template.spec.containers.map((container) => ({ ...container, securityContext }));
  await cluster.client.patch(deployment, { spec: { template: { spec: { containers } } } });
}

/** How often the API server has listed what controls read, for anybody: the controllers do so at their start only. */
async function listsOf(cluster: ControlPlane): Promise<string[]> {
  const metrics = (await cluster.client.http.request('/metrics')).body.toString('utf8');
  const kinds = /resource="(deployments|statefulsets|daemonsets|cronjobs|services|roles|clusterroles|networkpolicies)"/;
  return metrics.split('\n').filter((line) => /^apiserver_request_total\{.*verb="LIST"/.test(line) && kinds.test(line));
}

/** The charts, each moved to a namespace of its own, so that none answers for another. */
function readCharts(from: string): { chart: Chart; namespace: string }[] {
  const lines = readJsonLines<Chart>(from).filter(({ id }) => charts.includes(id));
  return lines.map((line) => {
    const namespace = path.basename(line.id, '.yaml');
    return { namespace, chart: withDifferences(moveTo(namespace, line)) };
  });
}

function moveTo(namespace: string, chart: Chart): Chart {
  const resources = JSON.parse(JSON.stringify(chart.resources), (key, value: unknown) => {
    // The file was read as YAML 1.2, in which 0755 is 755; Helm and the API server mean octal.
    if (key === 'defaultMode' && value === 755) return 0o755;
    return key === 'namespace' && value === 'apps' ? namespace : value;
  }) as KubeObject[];
  return { ...chart, resources };
}

/** Where our verdict differs on purpose, the reasons are in `test/golden/differences.json`. */
function withDifferences(chart: Chart): Chart {
  const text = readFileSync(new URL('../golden/differences.json', import.meta.url), 'utf8');
  const verdicts = new Map(Object.entries(chart.verdicts).map(([control, objects]) => [control, new Set(objects)]));
  for (const { control, stricter = {}, milder = {} } of JSON.parse(text) as Difference[]) {
    const objects = verdicts.get(control);
    for (const object of stricter[chart.id] ?? []) objects?.add(object);
    for (const object of milder[chart.id] ?? []) objects?.delete(object);
  }
  return { ...chart, verdicts: Object.fromEntries([...verdicts].map(([control, objects]) => [control, [...objects]])) };
}

/** Failed objects of one chart by control, in the names of the golden file. */
function failuresOf(report: PostureReport, namespace: string, chart: Chart): Map<string, string[]> {
  const names = new Set(chart.resources.map(({ metadata }) => metadata.name));
  const objects = new Map((report.resources ?? []).map(({ resourceID, object }) => [resourceID, object]));
  const found = new Map<string, string[]>();
  for (const { resourceID, controls } of report.results) {
    const name = goldenName(objects.get(resourceID) as unknown as KubeObject | undefined, namespace);
    if (name === undefined || !names.has(name.slice(name.lastIndexOf('/') + 1))) continue;
    for (const { controlID, status } of controls) {
      if (status.status !== 'failed') continue;
      found.set(controlID, [...new Set([...(found.get(controlID) ?? []), name])].sort());
    }
  }
  return found;
}

/** `group/Kind/namespace/name`, the namespace as it was in the chart; undefined for what belongs to another. */
function goldenName(object: KubeObject | undefined, namespace: string): string | undefined {
  if (object === undefined) return undefined;
  const { apiVersion, kind, metadata } = object;
  // A subject of RBAC is no object of the cluster: its name stands at the top.
  if (object['relatedObjects'] !== undefined) return `/${kind}//${String(object['name'])}`;
  const { name } = metadata;
  const within = metadata.namespace ?? '';
  if (within !== '' && within !== namespace) return undefined;
  const group = apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';
  return `${group}/${kind}/${within === '' ? '' : 'apps'}/${name}`;
}

interface RunningSuite {
  readonly suite: Suite;
  /** Results that were stored outside of a scan. */
  readonly changes: ResourceResult[];
  /** A scan as a person asks for it: by the operator and the queue. */
  scan(): Promise<PostureReport>;
  untilFailed(control: string, name: string): Promise<void>;
  stop(): Promise<void>;
}

const clusterName = 'charts';

async function startSuite(kubeconfig: string): Promise<RunningSuite> {
  const folder = mkdtempSync(path.join(tmpdir(), 'kso-posture-'));
  const listeners = ['endpoint', 'gateway', 'gatewayWs', 'operator', 'scanner', 'kubevuln', 'health'];
  const config = suiteConfig.schema.parse({
    dataDir: folder,
    clusterName,
    ports: Object.fromEntries(listeners.map((name) => [name, 0])),
    target: { type: 'cluster', name: clusterName, kubeconfig },
    images: { updateDatabase: false },
    schedule: { enabled: false },
  });
  const logger = createLogger({ service: 'suite' });
  const base = { logger, metrics: createMetrics(), tracer: noopTracer, clock: systemClock };
  // Without a PATH there are no engines: images are not what this is about.
  const suite = createSuite(config, { ...base, env: { KSO_TOOLS_DIR: folder }, loggerFor: () => logger });
  const changes: ResourceResult[] = [];
  suite.onEvent((event) => {
    if (event.type === 'posture' && event.event.type === 'change') changes.push(...event.event.changed);
  });
  await suite.start();
  const hasFailed = (control: string, name: string) => (result: ResourceResult) =>
    result.name === name &&
    result.controls.some(({ controlId, status }) => controlId === control && status === 'failed');
  return {
    suite,
    changes,
    scan: async () => {
      const end = await suite.scanPosture();
      const { posture } = await suite.snapshot();
      if (posture === undefined) throw new Error(`no report: ${JSON.stringify(end)}`);
      return posture;
    },
    untilFailed: async (control, name) => {
      await until(`${control} of ${name}`, () => changes.some(hasFailed(control, name)));
    },
    stop: async () => {
      await suite.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
