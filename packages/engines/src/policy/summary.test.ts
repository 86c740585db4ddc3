import { controlInfo, controls, selectControls } from '@kso/controls';
import { deployment, pod } from '@kso/testkit';
import type { ResourceResult, VerdictStatus } from '@kso/wire';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { coverageOf, missingKinds, resourceName } from './coverage.ts';
import { createSummaryCounter } from './summary.ts';
import { engineOf } from './testing/engine.ts';

const none = new Map<string, readonly string[]>();
const infos = ['C-0017', 'C-0057', 'C-0069'].map(controlInfo);
const framework = { name: 'Mine', size: 3, controls: [{ id: 'C-0057' }, { id: 'C-0069' }] };

function result(resourceId: string, statuses: Readonly<Record<string, VerdictStatus>>): ResourceResult {
  const verdicts = {
    passed: { status: 'passed' },
    failed: { status: 'failed', findings: [{ message: 'bad', paths: [] }] },
    notEvaluated: { status: 'notEvaluated', reason: 'error', detail: 'broke' },
  } as const;
  return {
    resourceId,
    idempotencyKey: '',
    apiVersion: 'v1',
    kind: 'Pod',
    namespace: '',
    name: resourceId,
    controls: Object.entries(statuses).map(([controlId, status]) => ({
      controlId,
      status,
      rules: [{ rule: 'r', verdict: verdicts[status] }],
    })),
  };
}

function summaryOf(results: readonly ResourceResult[], missing = none) {
  const counter = createSummaryCounter(infos, [framework]);
  for (const each of results) counter.add(each, 1);
  return counter.summary(missing);
}

describe('the summary', () => {
  it('takes the worst: failed, then skipped, then passed', () => {
    const {
      controls: summaries,
      tally,
      status,
    } = summaryOf([
      result('a', { 'C-0017': 'failed', 'C-0057': 'passed' }),
      result('b', { 'C-0017': 'passed', 'C-0057': 'notEvaluated' }),
      result('c', { 'C-0017': 'passed', 'C-0057': 'passed' }),
    ]);
    expect(status).toBe('failed');
    expect(tally).toEqual({ passed: 1, failed: 1, skipped: 1 });
    expect(summaries[0]).toMatchObject({
      controlId: 'C-0017',
      status: 'failed',
      tally: { passed: 2, failed: 1, skipped: 0 },
    });
    expect(summaries[0]?.compliance).toBeCloseTo(66.667, 3);
    expect(summaries[1]).toMatchObject({ status: 'skipped', subStatus: 'notEvaluated', info: 'broke' });
  });

  it('says what was irrelevant, and what lacks its source', () => {
    const { controls: summaries, compliance, evaluatedCompliance } = summaryOf([]);
    expect(summaries.map(({ status, subStatus, compliance: own }) => [status, subStatus, own])).toEqual([
      ['passed', 'irrelevant', 100],
      ['passed', 'irrelevant', 100],
      ['skipped', 'integration', 0],
    ]);
    expect(summaries[2]?.info).toContain('host data');
    expect(compliance).toBeCloseTo(66.667, 3);
    expect(evaluatedCompliance).toBe(100);
  });

  it('B10 passes no control that could not see everything; what failed stays failed', () => {
    const missing = new Map([
      ['C-0017', ['Pod']],
      ['C-0057', ['Pod']],
    ]);
    const { controls: summaries } = summaryOf([result('a', { 'C-0017': 'failed', 'C-0057': 'passed' })], missing);
    expect(summaries[0]?.status).toBe('failed');
    expect(summaries[1]).toMatchObject({
      status: 'skipped',
      subStatus: 'notEvaluated',
      info: 'these kinds could not be read: Pod',
    });
  });

  it('counts for a framework only what its controls say', () => {
    const { frameworks } = summaryOf([
      result('a', { 'C-0017': 'failed', 'C-0057': 'passed' }),
      result('b', { 'C-0017': 'failed' }),
    ]);
    expect(frameworks).toMatchObject([
      { name: 'Mine', status: 'skipped', tally: { passed: 1, failed: 0, skipped: 0 }, compliance: 50 },
    ]);
  });

  it('weighs resources by their replicas in the risk score', () => {
    const counter = createSummaryCounter(infos, []);
    counter.add(result('a', { 'C-0057': 'failed' }), 3);
    counter.add(result('b', { 'C-0057': 'passed' }), 1);
    expect(counter.summary(none).controls[1]?.riskScore).toBe(75);
  });

  it('is the same whether results were added once or came and went', () => {
    const status = fc.constantFrom<VerdictStatus>('passed', 'failed', 'notEvaluated');
    const some = fc.record({
      id: fc.constantFrom('a', 'b', 'c'),
      first: status,
      second: status,
      weight: fc.integer({ min: 1, max: 9 }),
    });
    fc.assert(
      fc.property(fc.array(some), (steps) => {
        const counter = createSummaryCounter(infos, [framework]);
        const present = new Map<string, { result: ResourceResult; weight: number }>();
        for (const { id, first, second, weight } of steps) {
          const before = present.get(id);
          if (before !== undefined) counter.remove(before.result, before.weight);
          const next = { result: result(id, { 'C-0017': first, 'C-0057': second }), weight };
          counter.add(next.result, weight);
          present.set(id, next);
        }
        const fresh = createSummaryCounter(infos, [framework]);
        for (const { result: each, weight } of present.values()) fresh.add(each, weight);
        expect(counter.summary(none)).toEqual(fresh.summary(none));
      }),
    );
  });
});

describe('the coverage', () => {
  const coverageFor = (kinds: readonly { group: string; kind: string }[], names: readonly string[] = ['NSA']) => {
    const selection = selectControls({ frameworks: names, scope: 'cluster' });
    if (!selection.ok) throw new Error('no such framework');
    const engine = engineOf([deployment(), pod({ name: 'p' })]);
    for (const kind of kinds) engine.apply({ type: 'failed', kind, reason: 'forbidden', detail: '403' });
    engine.evaluate();
    const missing = missingKinds(controls, engine.failedKinds());
    const counter = createSummaryCounter(selection.controls, selection.frameworks);
    for (const each of engine.results()) counter.add(each, 1);
    const { controls: summaries } = counter.summary(missing);
    return coverageOf({ summaries, frameworks: selection.frameworks, failedKinds: engine.failedKinds(), missing });
  };

  it('names what could not be read, and the controls that miss it', () => {
    const coverage = coverageFor([{ group: 'rbac.authorization.k8s.io', kind: 'ClusterRole' }]);
    expect(coverage.failedKinds).toEqual([
      { resource: 'rbac.authorization.k8s.io/v1/clusterroles', error: 'forbidden: 403' },
    ]);
    const missing = coverage.notEvaluatedControls.filter(({ missing: kinds }) => kinds.length > 0);
    expect(missing.map(({ controlId }) => controlId)).toEqual(['C-0002', 'C-0035']);
    expect(coverage).toMatchObject({ totalControls: 26, evaluatedControls: 19, degraded: true });
  });

  it('counts controls that people have to answer as not evaluated', () => {
    const { notEvaluatedControls } = coverageFor([], ['cis-v1.12.0']);
    expect(notEvaluatedControls).toContainEqual({
      controlId: 'C-0286',
      missing: [],
      reason: 'it cannot be evaluated: people have to answer it',
    });
  });

  it('names resources as they are listed', () => {
    expect(['Ingress', 'NetworkPolicy', 'Pod'].map((kind) => resourceName({ group: '', kind }))).toEqual(
      ['ingresses', 'networkpolicies', 'pods'].map((name) => `/v1/${name}`),
    );
  });
});
