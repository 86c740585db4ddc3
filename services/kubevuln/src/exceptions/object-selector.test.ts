import { createKubeClient } from '@kso/kube';
import { type FakeApiServer, startFakeApiServer } from '@kso/kube/testing';
import { systemClock } from '@kso/kit';
import { until } from '@kso/testkit';
import { ContainerScanReport } from '@kso/wire';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { startKubevuln, stopAllKubevulns } from '../testing/start-kubevuln.ts';
import { readClusterExceptions } from './cluster.ts';

let server: FakeApiServer;
beforeEach(async () => {
  server = await startFakeApiServer();
  for (const kind of ['SecurityException', 'ClusterSecurityException']) {
    server.serve({
      group: 'kubescape.io',
      version: 'v1beta1',
      kind,
      plural: `${kind.toLowerCase()}s`,
      namespaced: kind === 'SecurityException',
      verbs: ['list'],
    });
  }
});
afterEach(async () => {
  await stopAllKubevulns();
  await server.stop();
});

const deployment = { group: 'apps', kind: 'Deployment' };

function putCart(labels: Record<string, string>): void {
  server.put({ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'cart', namespace: 'shop', labels } });
}

function putException(match: object): void {
  server.put({
    apiVersion: 'kubescape.io/v1beta1',
    kind: 'SecurityException',
    metadata: { name: 'internal', namespace: 'shop' },
    spec: {
      reason: 'not reachable from outside',
      match,
      vulnerabilities: [
        {
          vulnerability: { id: 'CVE-2019-10906' },
          status: 'not_affected',
          justification: 'vulnerable_code_not_in_execute_path',
        },
      ],
    },
  });
}

async function start() {
  const client = createKubeClient(server.connection(), { clock: systemClock, userAgent: 'test' });
  onTestFinished(() => client.close());
  const kubevuln = await startKubevuln({
    config: { exceptions: { refresh: '20ms' } },
    ports: { clusterExceptions: readClusterExceptions(client) },
  });
  const findings = (): number | undefined => {
    const [record] = kubevuln.records();
    return record?.state === 'evaluated' ? record.findings : undefined;
  };
  const reports = () => kubevuln.entries().map(({ body }) => ContainerScanReport.parse(JSON.parse(body)));
  const logged = () => kubevuln.lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  return { ...kubevuln, findings, reports, logged };
}

const internal = { objectSelector: { matchLabels: { exposure: 'internal' } } };
const asked = () => server.requests.filter(({ url }) => url.includes('/deployments/cart')).length;

describe('an objectSelector', () => {
  it('suppresses findings of the workloads that it selects, with the reason', async () => {
    putCart({ exposure: 'internal' });
    putException(internal);
    const { scan, records, reports } = await start();
    await scan({});
    expect(records()).toMatchObject([
      { findings: 0, suppressed: [{ id: 'CVE-2019-10906', reason: 'not reachable from outside' }] },
    ]);
    expect(reports()[0]).toMatchObject({
      summary: { total: 0 },
      vulnerabilities: [{ exceptionApplied: [{ reason: 'not reachable from outside' }] }],
    });
  });

  it('selects no workload whose labels are others, and labels are read only where one asks', async () => {
    putCart({ exposure: 'public' });
    putException({ ...internal, resources: [{ kind: 'StatefulSet' }] });
    const { scan, findings } = await start();
    await scan({});
    expect(findings()).toBe(1);
    expect(asked()).toBe(0);
    putException(internal);
    await until('the labels were asked for', () => asked() > 0);
    expect(findings()).toBe(1);
  });

  it('follows the labels: the same findings are reported again, nothing is matched again', async () => {
    putCart({ exposure: 'public' });
    putException(internal);
    const { scan, findings, matcher, reports } = await start();
    await scan({});
    expect(findings()).toBe(1);
    putCart({ exposure: 'internal' });
    await until('the finding is suppressed', () => findings() === 0);
    putCart({});
    await until('the finding counts again', () => findings() === 1);
    expect(reports().map(({ summary }) => summary?.total)).toEqual([1, 0, 1]);
    expect(matcher.matched).toBe(1);
  });

  it('B14 selects nothing while labels cannot be read, and the report says so; what was accepted stays so', async () => {
    putCart({ exposure: 'internal' });
    putException({ objectSelector: { matchExpressions: [{ key: 'public', operator: 'DoesNotExist' }] } });
    server.refuse(deployment, 403);
    const { scan, findings, reports } = await start();
    await scan({});
    const [report] = reports();
    expect(report?.summary).toMatchObject({ total: 1, exceptionsDegraded: expect.stringContaining('deployment/cart') });
    server.refuse(deployment, undefined);
    await until('the finding is suppressed', () => findings() === 0);
    server.refuse(deployment, 403);
    const before = asked();
    await until('the labels were asked for in vain', () => asked() > before + 2);
    putException(internal);
    await scan({});
    expect(findings()).toBe(0);
  });

  it('that is wrong is named in the log with its field, and its exception has no effect', async () => {
    putCart({ exposure: 'internal' });
    putException({ objectSelector: { matchExpressions: [{ key: 'exposure', operator: 'In', values: [] }] } });
    const { scan, findings, logged } = await start();
    await scan({});
    expect(findings()).toBe(1);
    expect(logged().find(({ msg }) => msg === 'an exception has no effect')).toMatchObject({
      exception: 'SecurityException shop/internal',
      problem: 'spec.match.objectSelector.matchExpressions[0]: In needs values',
    });
  });
});
