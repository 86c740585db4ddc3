import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pod } from '@kso/testkit';
import type { KubeObject } from '@kso/wire';
import { describe, expect, it, onTestFinished } from 'vitest';
import { fakeSource } from '../testing/fake-source.ts';
import { scanManifestsOnce, scanSourceOnce } from './scan-once.ts';
import { createSession } from './session.ts';

describe('one scan of a cluster that hides its objects', () => {
  const everyKind = createSession({ source: fakeSource([]) }).engine.kinds.map(({ group, kind }) =>
    group === '' ? kind : `${group}/${kind}`,
  );

  it('names the kinds and the reason', async () => {
    const source = fakeSource([]);
    source.forbid(...everyKind);
    await expect(scanSourceOnce({ source })).rejects.toMatchObject({
      code: 'NOTHING_EVALUATED',
      message: expect.stringMatching(/could not be read: .*\/v1\/pods.*forbidden: 403/),
    });
  });

  it('evaluates what it may read, and names the rest', async () => {
    const source = fakeSource([pod()]);
    source.forbid(...everyKind.filter((name) => name !== 'Pod'));
    const { scanCoverage, results } = await scanSourceOnce({ source });
    expect([...results]).toHaveLength(1);
    expect(scanCoverage?.failedGVRPulls).toHaveLength(everyKind.length - 1);
  });

  it('says that a cluster without objects has nothing to judge', async () => {
    await expect(scanSourceOnce({ source: fakeSource([]) })).rejects.toThrow(/had an object to look at$/);
  });
});

describe('one scan of manifests', () => {
  it('names every object of a list that cannot be read, and does not let it pass', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'kso-scan-once-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const malformed = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'map' }, spec: { containers: { a: {} } } };
    const nameless = { apiVersion: 'v1', kind: 'Pod', spec: { containers: [] } };
    const items = [pod({ name: 'fine' }), malformed, nameless];
    writeFileSync(path.join(folder, 'list.json'), JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));

    const details: string[] = [];
    const onUnreadable = ({ detail }: { readonly detail: string }) => details.push(detail);
    const { results, scanCoverage } = await scanManifestsOnce(folder, { controls: ['C-0057'], onUnreadable });
    expect(details).toEqual(['items[1]: Pod map: spec.containers is no list', 'items[2]: Pod has no metadata.name']);
    expect(scanCoverage?.policyDegradations).toHaveLength(2);
    const statuses = new Set(results.map(({ controls }) => controls[0]?.status.status));
    expect(statuses).toEqual(new Set(['passed', 'skipped']));
  });
});

describe('one scan of manifests that bind roles', () => {
  const binding = (name: string): KubeObject => ({
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: { name: `to-${name}` },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name },
    subjects: [{ kind: 'ServiceAccount', name: 'app', namespace: 'shop' }],
  });
  const scan = (controls: readonly string[], ...items: readonly KubeObject[]) => {
    const folder = mkdtempSync(path.join(tmpdir(), 'kso-scan-once-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    writeFileSync(path.join(folder, 'list.json'), JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
    return scanManifestsOnce(folder, { controls });
  };

  it('knows those of every cluster', async () => {
    const { summaryDetails, scanCoverage } = await scan(['C-0035'], binding('cluster-admin'));
    expect(summaryDetails.controls['C-0035']?.status).toBe('failed');
    expect(scanCoverage?.policyDegradations).toEqual([]);
  });

  it('names those that it cannot know, and only to whom they matter', async () => {
    const objects = [binding('theirs'), binding('cluster-admin'), pod()];
    const reason = 'it is bound and not among the manifests: what it allows was not judged';
    const { scanCoverage } = await scan(['C-0035', 'C-0057'], ...objects);
    expect(scanCoverage).toMatchObject({
      degraded: true,
      policyDegradations: [{ component: 'role ClusterRole/theirs', reason }],
    });
    expect((await scan(['C-0057'], ...objects)).scanCoverage?.policyDegradations).toEqual([]);
  });

  it('in a cluster such a binding gives nothing', async () => {
    const source = fakeSource([binding('cluster-admin'), pod()]);
    const { scanCoverage, summaryDetails } = await scanSourceOnce({ source, controls: ['C-0035', 'C-0057'] });
    expect(scanCoverage?.policyDegradations).toEqual([]);
    expect(summaryDetails.controls['C-0035']?.status).not.toBe('failed');
  });
});

describe('one scan with controls that are not for every place', () => {
  const service: KubeObject = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'web', namespace: 'shop' },
    spec: { type: 'LoadBalancer', selector: { app: 'web' }, ports: [{ port: 443 }] },
  };
  const node = (labels: Readonly<Record<string, string>>): KubeObject => ({
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: 'node-1', labels },
  });
  const manifests = () => fakeSource([pod(), service], 'manifests');

  it('evaluates those of a provider in its clusters', async () => {
    const source = fakeSource([pod(), service, node({ 'eks.amazonaws.com/nodegroup': 'a' })]);
    const { summaryDetails } = await scanSourceOnce({ source });
    expect(summaryDetails.controls['C-0231']?.statusInfo.status).toBe('failed');
    expect(summaryDetails.controls['C-0245']).toBeUndefined();
  });

  it('evaluates them nowhere else', async () => {
    const source = fakeSource([pod(), service, node({ 'kubernetes.io/os': 'linux' })]);
    const { summaryDetails, results } = await scanSourceOnce({ source });
    expect(summaryDetails.controls['C-0231']).toBeUndefined();
    expect([...results].flatMap(({ controls }) => controls.map(({ controlID }) => controlID))).not.toContain('C-0231');
  });

  it('B09 says of a control that was named why manifests do not answer it', async () => {
    const { scanCoverage } = await scanSourceOnce({ source: manifests(), controls: ['C-0057', 'C-0256', 'C-0231'] });
    expect(scanCoverage?.notEvaluatedControls.map(({ controlID, reason }) => `${controlID}: ${reason}`)).toEqual([
      'C-0231: it needs a cluster of EKS, and the scan has none',
      'C-0256: it needs a running cluster, and the scan has none',
    ]);
  });

  it('B09 fails with the reason when nothing else was named', async () => {
    await expect(scanSourceOnce({ source: manifests(), controls: ['C-0256'] })).rejects.toMatchObject({
      code: 'NOTHING_EVALUATED',
      message: expect.stringContaining('C-0256: it needs a running cluster'),
    });
  });

  it('leaves them out of frameworks', async () => {
    const { scanCoverage } = await scanSourceOnce({ source: manifests(), frameworks: ['ClusterScan'] });
    expect(scanCoverage?.notEvaluatedControls.map(({ controlID }) => controlID)).not.toContain('C-0256');
  });
});
