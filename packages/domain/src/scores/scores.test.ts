import type { ControlResult, KubeObject } from '@kso/wire';
import { describe, expect, it } from 'vitest';
import { type AttackTrack, highestPriority, prioritize } from './attack-tracks.ts';
import { complianceOf, displayedCompliance, mean } from './compliance.ts';
import { overallRiskOf, riskOf, riskWeight } from './risk.ts';

describe('compliance', () => {
  it.each([
    ['passed', { passed: 0, failed: 0, skipped: 0 }, 100],
    ['skipped', { passed: 0, failed: 0, skipped: 0 }, 0],
    ['failed', { passed: 3, failed: 1, skipped: 0 }, 75],
    ['skipped', { passed: 1, failed: 0, skipped: 3 }, 25],
    ['failed', { passed: 1, failed: 1, skipped: 2 }, 25],
  ] as const)('of a control that %s with %j is %d', (status, tally, expected) => {
    expect(complianceOf(status, tally)).toBe(expected);
  });

  it('of a framework is the mean of its controls', () => {
    expect(mean([100, 50, 0])).toBe(50);
    expect(mean([])).toBeUndefined();
  });

  it.each([
    [100, 100],
    [99.99, 99],
    [99.4, 99],
    [49.5, 50],
    [0, 0],
  ])('%d is shown as %d', (value, shown) => {
    expect(displayedCompliance(value)).toBe(shown);
  });
});

const workload = (kind: string, spec: object, status?: object): KubeObject => ({
  apiVersion: kind === 'Pod' ? 'v1' : 'apps/v1',
  kind,
  metadata: { name: 'web' },
  spec,
  ...(status === undefined ? {} : { status }),
});

describe('risk', () => {
  it('weighs by pods', () => {
    expect(riskWeight(workload('Pod', {}))).toBe(1);
    expect(riskWeight(workload('Deployment', { replicas: 1 }))).toBe(1);
    expect(riskWeight(workload('Deployment', { replicas: 3 }))).toBeCloseTo(3.3);
    expect(riskWeight(workload('Deployment', { replicas: '3' }))).toBe(1);
    expect(riskWeight(workload('DaemonSet', {}, { desiredNumberScheduled: 7 }))).toBe(7);
    expect(riskWeight(workload('DaemonSet', {}))).toBe(0);
  });

  it('of a control is the failed weight of all, whatever the base score', () => {
    // A Deployment of three fails, a Pod and a DaemonSet on two nodes pass: 3.3 of 6.3.
    expect(riskOf([{ failed: 3.3 * 8, all: 6.3 * 8 }])).toBeCloseTo(52.381, 3);
  });

  it('of several controls is weighed by their base scores', () => {
    expect(
      riskOf([
        { failed: 8, all: 16 },
        { failed: 0, all: 4 },
      ]),
    ).toBe(40);
  });

  it('is 100 where everything was irrelevant, and 0 for such a control alone', () => {
    expect(overallRiskOf([{ failed: 0, all: 0 }])).toBe(100);
    expect(riskOf([{ failed: 0, all: 0 }])).toBe(0);
    expect(
      overallRiskOf([
        { failed: 0, all: 0 },
        { failed: 0, all: 5 },
      ]),
    ).toBe(0);
  });
});

describe('attack tracks', () => {
  const step = (name: string, ids: string[], next: AttackTrack['root'][] = [], tags = ['security']) => ({
    name,
    next,
    controls: ids.map((id) => ({ id, tags })),
  });
  const track: AttackTrack = {
    name: 'outside',
    root: step('Access', ['A1', 'A2'], [step('Execution', [], [step('Secrets', ['S']), step('Node', ['N1', 'N2'])])]),
  };
  const scores: Readonly<Record<string, number>> = { A1: 7, A2: 2, S: 5, N1: 8, N2: 9 };
  const context = { tracks: [track], baseScore: (id: string) => scores[id] };
  const failing = (...ids: string[]): ControlResult[] =>
    ids.map((controlId) => ({ controlId, status: 'failed', rules: [] }));
  const of = (object: KubeObject, ...ids: string[]) =>
    prioritize({ resourceId: 'id', controls: failing(...ids) }, object, context);

  it('take every combination of failed controls along every path', () => {
    const result = of(workload('Deployment', { replicas: 5 }), 'A1', 'A2', 'S', 'N1');
    expect(
      result?.vectors.map(({ steps, score, severity }) => [
        steps.map(({ controlId }) => controlId).join(),
        score,
        severity,
      ]),
    ).toEqual([
      ['A1,S', 7 * 5 * 1.5, 3],
      ['A2,S', 2 * 5 * 1.5, 2],
      ['A1,N1', 7 * 8 * 1.5, 3],
      ['A2,N1', 2 * 8 * 1.5, 3],
    ]);
    expect(result).toMatchObject({ score: (35 + 10 + 56 + 16) * 1.5, severity: 3 });
  });

  it('pass over steps without a failure', () => {
    expect(of(workload('Pod', {}), 'N2')?.vectors).toMatchObject([
      { steps: [{ controlId: 'N2', category: 'Node' }], severity: 4 },
    ]);
    expect(of(workload('Pod', {}), 'A1')?.vectors).toHaveLength(1);
    expect(of(workload('Pod', {}))).toBeUndefined();
  });

  it('say nothing of other kinds, and of controls with an impact alone', () => {
    expect(of({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'x' } }, 'A1')).toBeUndefined();
    const impact = { ...context, tracks: [{ name: 'x', root: step('Access', ['A1'], [], ['security-impact']) }] };
    expect(prioritize({ resourceId: 'id', controls: failing('A1') }, workload('Pod', {}), impact)).toBeUndefined();
  });

  it('are bounded however many controls a track has', () => {
    const ids = Array.from({ length: 40 }, (_, index) => `X${index}`);
    const wide = { name: 'wide', root: step('1', ids, [step('2', ids, [step('3', ids)])]) };
    const result = prioritize({ resourceId: 'id', controls: failing(...ids) }, workload('Pod', {}), {
      tracks: [wide],
      baseScore: () => 1,
    });
    expect(result?.vectors).toHaveLength(1000);
  });

  it('give the three worst workloads', () => {
    const resources = [1, 5, 3, 4, 2].map((score) => ({ resourceId: `r${score}`, score, severity: 1, vectors: [] }));
    expect(highestPriority(resources).map(({ resourceId }) => resourceId)).toEqual(['r5', 'r4', 'r3']);
  });
});
