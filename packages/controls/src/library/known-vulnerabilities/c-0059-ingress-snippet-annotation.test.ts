import { deployment } from '@kso/testkit';
import type { KubeObject } from '@kso/wire';
import { describe, expect, it } from 'vitest';
import { findingsOn, verdictOn } from '../../testing/judge.ts';
import { ingressSnippetAnnotation } from './c-0059-ingress-snippet-annotation.ts';

const controller = (tag: string) =>
  deployment({ namespace: 'ingress', image: `registry.k8s.io/ingress-nginx/controller:${tag}` });
const settings = (value: string, namespace = 'ingress'): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'cm', namespace },
  data: { 'allow-snippet-annotations': value },
});

describe('C-0059 snippet annotations', () => {
  it.each(['v0.9.0', 'v0.49.0', 'v1.0.0'])('fails with %s', (tag) => {
    expect(findingsOn(ingressSnippetAnnotation, controller(tag))).toMatchObject([
      { found: expect.stringContaining(tag) },
    ]);
    expect(
      findingsOn(ingressSnippetAnnotation, controller(tag), { others: [settings('true'), settings('false', 'other')] }),
    ).toHaveLength(1);
  });

  it.each(['v0.49.1', 'v1.0.1', 'v1.12.0'])('passes with %s', (tag) => {
    expect(findingsOn(ingressSnippetAnnotation, controller(tag))).toEqual([]);
  });

  it('passes when snippets are switched off', () => {
    expect(findingsOn(ingressSnippetAnnotation, controller('v1.0.0'), { others: [settings('false')] })).toEqual([]);
  });

  it('does not evaluate a version that nobody knows', () => {
    expect(verdictOn(ingressSnippetAnnotation, controller('latest'))).toMatchObject({ reason: 'integration' });
  });

  it('has nothing to say about other workloads', () => {
    expect(verdictOn(ingressSnippetAnnotation, deployment({ image: 'nginx:1.0.0' }))).toBeUndefined();
  });
});
