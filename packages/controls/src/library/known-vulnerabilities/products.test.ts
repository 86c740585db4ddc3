import { deployment, pod } from '@kso/testkit';
import { describe, expect, it } from 'vitest';
import { findingsOn, verdictOn } from '../../testing/judge.ts';
import { productControls } from './products.ts';

const images: Readonly<Record<string, { readonly fails: readonly string[]; readonly passes: readonly string[] }>> = {
  'C-0081': {
    fails: [
      'quay.io/argoproj/argocd:v1.8.0',
      'argoproj/argocd:v2.0.5',
      'argoproj/argocd:v2.1.8',
      'argoproj/argocd:v2.2.3',
    ],
    passes: ['argoproj/argocd:v2.1.9', 'argoproj/argocd:v2.2.4', 'argoproj/argocd:v2.3.0', 'notargocd:v1.0'],
  },
  'C-0090': {
    fails: ['grafana/grafana:9.2.0', 'grafana/grafana:9.2.3'],
    passes: ['grafana/grafana:9.1.8', 'grafana/grafana:9.2.4', 'grafana/agent:9.2.0'],
  },
  'C-0091': {
    fails: ['ghcr.io/kyverno/kyverno:v1.8.3', 'ghcr.io/kyverno/kyverno:v1.8.4'],
    passes: ['ghcr.io/kyverno/kyverno:v1.8.2', 'ghcr.io/kyverno/kyverno:v1.8.5', ''],
  },
};

describe.each(productControls)('$id vulnerable versions', (control) => {
  const { fails = [], passes = [] } = images[control.id] ?? {};

  it.each(fails)('fails %s', (image) => {
    expect(findingsOn(control, deployment({ container: { image } }))).toMatchObject([{ found: image }]);
  });

  it.each(passes)('passes %s', (image) => {
    expect(findingsOn(control, deployment({ container: { image } }))).toEqual([]);
  });

  it('does not evaluate an image that does not tell its version', () => {
    const [image = ''] = fails;
    for (const unknown of [image.replace(/:[^:]*$/, ''), image.replace(/:[^:]*$/, ':latest')])
      expect(verdictOn(control, deployment({ container: { image: unknown } }))).toMatchObject({
        status: 'notEvaluated',
        reason: 'integration',
      });
  });

  it('has nothing to say about other kinds', () => {
    expect(verdictOn(control, pod())).toBeUndefined();
  });
});
