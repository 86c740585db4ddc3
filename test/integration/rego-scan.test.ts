import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { ObjectSource } from '@kso/domain';
import {
  loadRegoPolicies,
  type RegoSources,
  type ScanOnceOptions,
  scanManifestsOnce,
  scanSourceOnce,
} from '@kso/kubescape-scanner';
import { pod } from '@kso/testkit';
import { missingPrograms } from '@kso/testkit/programs';
import type { KubeObject } from '@kso/wire';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { failing, functions, hostNetwork, registries, subjects, writeRelease } from '../support/rego-artifacts.ts';

const root = mkdtempSync(path.join(tmpdir(), 'kso-rego-scan-'));
afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(root, { recursive: true, force: true });
});

const artifacts = writeRelease(path.join(root, 'artifacts'), [hostNetwork, registries, failing]);
const customRules = path.join(root, 'custom');
writeRelease(customRules, []);
writeFileSync(
  path.join(customRules, 'no-web.rego'),
  'package armo_builtins\ndeny[m] { o := input[_]; o.metadata.name == "web"; m := {"alertMessage": "no web", "alertObject": {"k8sApiObjects": [o]}} }\n',
);
const manifests = path.join(root, 'manifests');
writeRelease(manifests, []);
for (const name of ['rules', 'controls', 'frameworks', 'default_config_inputs']) rmSync(path.join(manifests, name));
writeFileSync(
  path.join(manifests, 'pods.json'),
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'List',
    items: [
      pod({ name: 'web', namespace: 'shop', image: 'nginx:1', spec: { hostNetwork: true } }),
      pod({ name: 'quiet', namespace: 'shop' }),
      { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'token', namespace: 'shop' }, data: { a: 'c2VjcmV0' } },
    ],
  }),
);

/** S-1 is for running clusters, S-2 for those of EKS, S-3 for everything. */
const limited = writeRelease(path.join(root, 'limited'), [hostNetwork, registries, functions]);
const limits: Readonly<Record<string, readonly string[]>> = { 'S-1': ['cluster'], 'S-2': ['EKS'] };
const limitedControls = JSON.parse(readFileSync(path.join(limited, 'controls'), 'utf8')) as { controlID: string }[];
writeFileSync(
  path.join(limited, 'controls'),
  JSON.stringify(
    limitedControls.map((each) => ({ ...each, scanningScope: { matches: limits[each.controlID] ?? [] } })),
  ),
);

/** A cluster with these objects. */
function sourceOf(objects: readonly KubeObject[]): ObjectSource {
  return {
    name: 'test',
    type: 'cluster',
    watch: (kinds, onEvent) => {
      for (const kind of kinds) {
        const found = objects.filter((object) => object.kind === kind.kind && kind.group === '');
        for (const object of found) onEvent({ type: 'added', object });
        onEvent({ type: 'synced', kind });
      }
      return Promise.resolve();
    },
  };
}

type Options = Omit<ScanOnceOptions, 'source' | 'policies'> & { readonly policies: RegoSources };

async function scan({ policies: sources, ...options }: Options) {
  const policies = await loadRegoPolicies(sources, { env: process.env });
  const report = await scanManifestsOnce(manifests, { ...options, policies });
  const statuses = (control: string) =>
    Object.fromEntries(
      report.results.flatMap(({ resourceID, controls }) =>
        controls
          .filter(({ controlID }) => controlID === control)
          .map(({ status }) => [resourceID.slice(resourceID.lastIndexOf('/') + 1), status.status]),
      ),
    );
  return { report, statuses };
}

describe.skipIf(missingPrograms('opa'))('a scan with policies in Rego', () => {
  it('is about what the artifacts hold when nothing is named, with their control inputs', async () => {
    const { report, statuses } = await scan({ policies: { artifacts } });
    expect(Object.keys(report.summaryDetails.controls).sort()).toEqual(['S-1', 'S-2', 'S-3']);
    expect(report.summaryDetails.frameworks.map(({ name }) => name)).toEqual(['Sample']);
    expect(statuses('S-1')).toEqual({ web: 'failed', quiet: 'passed' });
    expect(statuses('S-2')).toEqual({ web: 'failed', quiet: 'passed' });
    expect(report.scanCoverage?.policyDegradations).toEqual([
      {
        component: 'rule sample-no-findings',
        reason: 'error, not evaluated: verdict is an object and not a list of findings',
      },
    ]);
    const rule = report.results.flatMap(({ controls }) => controls).find(({ controlID }) => controlID === 'S-2')
      ?.rules[0];
    expect(rule?.controlConfigurations).toEqual({ untrustedRegistries: ['docker.io/library'] });
  });

  it('knows our own frameworks beside those of the artifacts', async () => {
    const { report, statuses } = await scan({ policies: { artifacts }, controls: ['S-1', 'C-0041'] });
    expect(Object.keys(report.summaryDetails.controls).sort()).toEqual(['C-0041', 'S-1']);
    expect(statuses('C-0041')).toEqual(statuses('S-1'));
  });

  it('evaluates custom rules beside whatever it is about, and says nothing of the values of Secrets', async () => {
    const { report, statuses } = await scan({ policies: { customRules }, controls: ['C-0041'] });
    expect(statuses('custom-no-web')).toEqual({ web: 'failed', quiet: 'passed', token: 'passed' });
    expect(statuses('C-0041')).toEqual({ web: 'failed', quiet: 'passed' });
    expect(JSON.stringify(report)).not.toContain('c2VjcmV0');
  });

  it('refuses names that neither knows, and artifacts that are none', async () => {
    await expect(scan({ policies: { artifacts }, controls: ['S-9'] })).rejects.toMatchObject({
      code: 'UNKNOWN_TARGETS',
    });
    await expect(scan({ policies: { artifacts: manifests } })).rejects.toMatchObject({ code: 'POLICIES_UNREADABLE' });
  });

  it('B09 says of a control that was named why manifests do not answer it, as of our own', async () => {
    const policies = { artifacts: limited };
    const controls = ['S-1', 'S-2', 'S-3', 'C-0256', 'C-0228', 'C-0041'];
    const { report } = await scan({ policies, controls });
    const reasons = report.scanCoverage?.notEvaluatedControls.map(({ controlID, reason }) => [controlID, reason]);
    expect(Object.fromEntries(reasons ?? [])).toEqual({
      'S-1': 'it needs a running cluster, and the scan has none',
      'S-2': 'it needs a cluster of EKS, and the scan has none',
      'C-0256': 'it needs a running cluster, and the scan has none',
      'C-0228': 'it needs a cluster of EKS, and the scan has none',
    });
    const judged = new Set(report.results.flatMap(({ controls: each }) => each.map(({ controlID }) => controlID)));
    expect([...judged].sort()).toEqual(['C-0041', 'S-3']);
    await expect(scan({ policies, controls: ['S-1'] })).rejects.toThrow(/S-1: it needs a running cluster/);
    const whole = await scan({ policies });
    expect(Object.keys(whole.report.summaryDetails.controls)).toEqual(['S-3']);
  });

  it('B09 says the same of a control of a provider in a cluster of somebody else', async () => {
    const policies = await loadRegoPolicies({ artifacts: limited }, { env: process.env });
    const of = async (labels: Record<string, string>) => {
      const node = { apiVersion: 'v1', kind: 'Node', metadata: { name: 'node-1', labels } };
      const source = sourceOf([pod({ image: 'nginx:1' }), node]);
      const { summaryDetails } = await scanSourceOnce({ source, controls: ['S-1', 'S-2'], policies });
      return Object.values(summaryDetails.controls).map(({ controlID, statusInfo: { status, subStatus } }) =>
        [controlID, status, subStatus].filter((each) => each !== undefined).join(' '),
      );
    };
    expect(await of({})).toEqual(['S-1 passed', 'S-2 skipped integration']);
    expect(await of({ 'eks.amazonaws.com/nodegroup': 'a' })).toEqual(['S-1 passed', 'S-2 failed']);
  });

  it('names roles that rules in Rego cannot know', async () => {
    const bound = path.join(root, 'bound');
    mkdirSync(bound);
    const binding = (name: string) => ({
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRoleBinding',
      metadata: { name: `b-${name}` },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name },
      subjects: [{ kind: 'User', name: 'ann' }],
    });
    const items = [binding('theirs'), binding('cluster-admin'), pod()];
    writeFileSync(path.join(bound, 'list.json'), JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
    const release = writeRelease(path.join(root, 'rbac'), [subjects, hostNetwork]);
    const policies = await loadRegoPolicies({ artifacts: release }, { env: process.env });
    const degraded = async (controls: readonly string[]) =>
      (await scanManifestsOnce(bound, { controls, policies })).scanCoverage?.policyDegradations;
    expect(await degraded(['S-1', 'S-2'])).toMatchObject([
      { component: 'role ClusterRole/cluster-admin' },
      { component: 'role ClusterRole/theirs' },
    ]);
    expect(await degraded(['S-2'])).toEqual([]);
  });

  it('does not succeed when nothing of it could be evaluated', async () => {
    vi.stubEnv('PATH', root);
    vi.stubEnv('KSO_TOOLS_DIR', path.join(root, 'no-tools'));
    await expect(scan({ policies: { artifacts } })).rejects.toThrow(/nothing evaluated: rule sample-.*OPA not found/);
    // What does not need it goes on.
    const { statuses } = await scan({ policies: { artifacts }, controls: ['S-1', 'C-0041'] });
    expect(statuses('S-1')).toEqual({ web: 'skipped', quiet: 'skipped' });
    expect(statuses('C-0041')).toEqual({ web: 'failed', quiet: 'passed' });
    vi.unstubAllEnvs();
  });
});
