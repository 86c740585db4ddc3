import { namespace } from '@kso/testkit';
import type { KubeObject } from '@kso/wire';
import { describe, expect, it } from 'vitest';
import { findingsOn, pathsOf } from '../../testing/judge.ts';
import { podAdmissionControls } from './namespaces.ts';

const label = 'pod-security.kubernetes.io/enforce';
const labelled = (level: string) => namespace('shop', { [label]: level });
const webhook = (kind: string, scope: string, apiGroups = ['*'], resources = ['pods']): KubeObject => ({
  apiVersion: 'admissionregistration.k8s.io/v1',
  kind,
  metadata: { name: kind },
  webhooks: [{ rules: [{ scope, apiGroups, resources }] }],
});
const restricted = new Set(['C-0197', 'C-0198', 'C-0200', 'C-0201']);

describe.each(podAdmissionControls)('$id pod security admission', (control) => {
  it('fails a namespace without a level', () => {
    const findings = findingsOn(control, namespace('shop'));
    expect(pathsOf(findings, 'fix')).toEqual([`metadata.labels[${label}]`]);
    expect(findingsOn(control, labelled('high'))).toHaveLength(1);
  });

  it('takes the levels that are enough', () => {
    expect(findingsOn(control, labelled('restricted'))).toEqual([]);
    expect(findingsOn(control, labelled('baseline'))).toHaveLength(restricted.has(control.id) ? 1 : 0);
    expect(findingsOn(control, labelled('privileged'))).toHaveLength(control.id === 'C-0192' ? 0 : 1);
  });

  it('takes a policy engine for it, if it sees pods', () => {
    const mutating = webhook('MutatingWebhookConfiguration', '*');
    const validating = webhook('ValidatingWebhookConfiguration', '*');
    expect(findingsOn(control, namespace('shop'), { others: [mutating, validating] })).toEqual([]);
    const blind = [
      webhook('ValidatingWebhookConfiguration', 'Cluster'),
      webhook('ValidatingWebhookConfiguration', '*', ['cert-manager.io'], ['*/*']),
      webhook('ValidatingWebhookConfiguration', '*', [''], ['services']),
    ];
    for (const others of [[mutating], [validating], ...blind.map((other) => [mutating, other])])
      expect(findingsOn(control, namespace('shop'), { others })).toHaveLength(1);
  });
});
