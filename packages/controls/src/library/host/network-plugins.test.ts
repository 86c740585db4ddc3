import type { KubeObject } from '@kso/wire';
import { describe, expect, it } from 'vitest';
import { findingsOn, verdictOn } from '../../testing/judge.ts';
import { policiesEnabledEks, policiesSupported } from './network-plugins.ts';

const node = (CNINames: unknown): KubeObject => ({
  apiVersion: 'hostdata.kubescape.cloud/v1beta0',
  kind: 'CNIInfo',
  metadata: { name: 'n' },
  data: { CNINames },
});

describe.each([policiesSupported, policiesEnabledEks])('$id network plugins', (control) => {
  it.each([[['aws']], [['Flannel']]])('fails %j', (names) => {
    expect(findingsOn(control, node(names))).toMatchObject([{ found: names.join(', ') }]);
  });

  it.each([[['Flannel', 'Calico']], [['Cilium']], [['aws', 'calico']]])('passes %j', (names) => {
    expect(findingsOn(control, node(names))).toEqual([]);
  });

  it('does not evaluate a node that does not tell them', () => {
    for (const names of [undefined, [], 'calico', [7]])
      expect(verdictOn(control, node(names))).toMatchObject({ status: 'notEvaluated', reason: 'integration' });
  });
});

it('C-0205 passes a plugin that is not known not to', () => {
  expect(findingsOn(policiesSupported, node(['Weave']))).toEqual([]);
});
