import { service } from '@kso/testkit';
import type { KubeObject } from '@kso/wire';
import { describe, expect, it } from 'vitest';
import { findingsOn, verdictOn } from '../../testing/judge.ts';
import { aggregatedApiRedirect } from './c-0089-aggregated-api-redirect.ts';

const api = (spec: unknown): KubeObject => ({
  apiVersion: 'apiregistration.k8s.io/v1',
  kind: 'APIService',
  metadata: { name: 'v1.metrics' },
  spec,
});
const version = (gitVersion: unknown): KubeObject => ({
  apiVersion: 'apiserverinfo.kubescape.cloud/v1beta0',
  kind: 'APIServerInfo',
  metadata: { name: 'version' },
  data: { gitVersion },
});
const aggregated = api({ service: { name: 'metrics', namespace: 'shop' } });

describe('C-0089 redirects of aggregated APIs', () => {
  it.each(['v1.21.9', 'v1.22.13', 'v1.25.0'])('fails with %s', (gitVersion) => {
    const others = [version(gitVersion), service({ name: 'metrics', namespace: 'shop' })];
    const findings = findingsOn(aggregatedApiRedirect, aggregated, { others });
    expect(findings).toMatchObject([{ found: gitVersion, relatedIds: ['/v1/shop/Service/metrics'] }]);
  });

  it.each(['v1.22.14', 'v1.25.1', 'v1.26.0', 'v1.36.2'])('passes with %s', (gitVersion) => {
    expect(findingsOn(aggregatedApiRedirect, aggregated, { others: [version(gitVersion)] })).toEqual([]);
  });

  it('passes what the API server serves itself', () => {
    expect(findingsOn(aggregatedApiRedirect, api({}))).toEqual([]);
  });

  it('does not evaluate without a version', () => {
    for (const others of [[], [version(7)]])
      expect(verdictOn(aggregatedApiRedirect, aggregated, { others })).toMatchObject({ status: 'notEvaluated' });
  });
});
