import { expect, test } from 'vitest';
import { type PostureReportPart, postureView } from './posture-view.ts';

function counters(passed: number, failed: number, skipped = 0) {
  return { passedResources: passed, failedResources: failed, skippedResources: skipped, excludedResources: 0 };
}

function result(resourceID: string, ...failed: string[]) {
  return { resourceID, controls: failed.map((controlID) => ({ controlID, status: { status: 'failed' as const } })) };
}

const report: PostureReportPart = {
  summaryDetails: {
    complianceScore: 50,
    ResourceCounters: counters(1, 2, 1),
    controls: {
      'C-0057': {
        controlID: 'C-0057',
        name: 'Privileged container',
        scoreFactor: 8,
        statusInfo: { status: 'failed' },
        ResourceCounters: counters(1, 1),
      },
      'C-0035': {
        controlID: 'C-0035',
        name: 'Administrative Roles',
        scoreFactor: 6,
        severity: 'Medium',
        statusInfo: { status: 'failed' },
        ResourceCounters: counters(0, 2, 1),
      },
      'C-0069': {
        controlID: 'C-0069',
        name: 'Anonymous access',
        scoreFactor: 10,
        statusInfo: { status: 'skipped', info: 'host data is missing' },
        ResourceCounters: counters(0, 0),
      },
    },
  },
  results: [
    result('apps/v1/shop/Deployment/web', 'C-0057'),
    result('/v1/shop/Pod/fine'),
    result('/platform/ServiceAccount/deployer/rbac/v1//ClusterRole/admin/a', 'C-0035'),
    result('/platform/ServiceAccount/deployer/rbac/v1//ClusterRole/admin/b', 'C-0035'),
    result('/v1//Node/gone', 'C-0057'),
  ],
  resources: [
    ...['a', 'b'].map((binding) => ({
      resourceID: `/platform/ServiceAccount/deployer/rbac/v1//ClusterRole/admin/${binding}`,
      object: { kind: 'ServiceAccount', name: 'deployer', namespace: 'platform', relatedObjects: [] },
    })),
    {
      object: { kind: 'Deployment', metadata: { name: 'web', namespace: 'shop' } },
      resourceID: 'apps/v1/shop/Deployment/web',
      source: { path: '/x/shop.yaml', relativePath: 'shop.yaml', fileType: 'yaml', line: 12 },
    },
  ],
  scanCoverage: {
    policyDegradations: [
      { component: 'framework NSA', reason: '3 of its 24 controls are not in this library yet' },
      { component: 'file broken.yaml:3', reason: 'not YAML' },
      { component: 'role ClusterRole/theirs', reason: 'not there' },
    ],
    failedGVRPulls: [{ gvr: '/v1/secrets', error: 'forbidden' }],
    notEvaluatedControls: [{ controlID: 'C-0035', missingGVRs: [], reason: 'roles could not be listed' }],
  },
};

test('numbers, scores and severities', () => {
  const view = postureView(report);
  expect(view).toMatchObject({ objects: 4, failedObjects: 2, complianceScore: 50 });
  expect(view.controls.map((control) => [control.id, control.severity, control.failed, control.evaluated])).toEqual([
    ['C-0057', 'High', 1, 2],
    ['C-0035', 'Medium', 2, 2],
    ['C-0069', 'Critical', 0, 0],
  ]);
});

test('what was not evaluated carries its reason, from the coverage or the control', () => {
  const view = postureView(report);
  expect(view.controls.map((control) => control.notEvaluated)).toEqual([
    undefined,
    'roles could not be listed',
    'host data is missing',
  ]);
  expect(view.gaps).toEqual([
    { type: 'file', what: 'broken.yaml:3', reason: 'not YAML' },
    { type: 'role', what: 'ClusterRole/theirs', reason: 'not there' },
    { type: 'kind', what: '/v1/secrets', reason: 'forbidden' },
  ]);
});

test('one row per object, with its place in the folder', () => {
  expect(postureView(report).failures).toEqual([
    {
      namespace: 'shop',
      kind: 'Deployment',
      name: 'web',
      origin: 'shop.yaml:12',
      failed: [{ id: 'C-0057', severity: 'High' }],
    },
    { namespace: 'platform', kind: 'ServiceAccount', name: 'deployer', failed: [{ id: 'C-0035', severity: 'Medium' }] },
    { namespace: '', kind: 'Node', name: 'gone', failed: [{ id: 'C-0057', severity: 'High' }] },
  ]);
});

test('controls of a subject are told once each, and rows share them', () => {
  const many = ['a', 'b', 'c'].map((binding) => result(`/platform/ServiceAccount/${binding}`, 'C-0035', 'C-9999'));
  const rows = postureView({ ...report, results: [...many, ...many] }).failures;
  expect(rows.map(({ failed }) => failed.map(({ id, severity }) => `${id} ${severity}`))).toEqual(
    many.map(() => ['C-0035 Medium', 'C-9999 Unknown']),
  );
  expect(rows[0]?.failed[1]).toBe(rows[2]?.failed[1]);
});

test('an object that a control could not judge is told of although the control judges others, a control that judges none by itself', () => {
  const skipped = (controlID: string, info: string) => ({
    controlID,
    status: { status: 'skipped' as const, subStatus: 'notEvaluated' },
    rules: [{ name: 'r', status: 'skipped' as const, subStatus: 'notEvaluated', info }],
  });
  const failedInPart = { ...skipped('C-0035', 'half of it'), status: { status: 'failed' as const } };
  const integration = { controlID: 'C-0057', status: { status: 'skipped' as const, subStatus: 'integration' } };
  const results = [
    { resourceID: '/v1/shop/Pod/odd', controls: [skipped('C-0057', 'privileged has to be true'), integration] },
    { resourceID: '/v1/shop/Pod/odd2', controls: [skipped('C-0069', 'host data is missing'), failedInPart] },
  ];
  const { gaps, failures } = postureView({ ...report, results });
  expect(gaps.filter(({ type }) => type === 'object')).toEqual([
    { type: 'object', what: 'Pod shop/odd', reason: 'privileged has to be true', controls: ['C-0057'] },
    { type: 'object', what: 'Pod shop/odd2', reason: 'half of it', controls: ['C-0035'] },
  ]);
  expect(failures.map(({ name }) => name)).toEqual(['odd2']);
});
