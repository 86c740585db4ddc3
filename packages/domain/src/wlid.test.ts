import * as fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { formatWildWlid, formatWlid, parseWildWlid, parseWlid, sanitizeClusterName } from './wlid.ts';

describe('wlid', () => {
  test('splits kind and name at the first dash', () => {
    expect(parseWlid('wlid://cluster-my-prod/namespace-my-shop/deployment-my-app')).toEqual({
      cluster: 'my-prod',
      namespace: 'my-shop',
      kind: 'deployment',
      name: 'my-app',
    });
  });

  test('writes the kind in canonical form and reads any case', () => {
    expect(formatWlid({ cluster: 'c', namespace: 'n', kind: 'ReplicaSet', name: 'web' })).toBe(
      'wlid://cluster-c/namespace-n/replicaset-web',
    );
    expect(parseWlid('wlid://cluster-c/namespace-n/Deployment-web')?.kind).toBe('deployment');
  });

  it.each([
    '',
    'deployment-web',
    'wlid://cluster-c/namespace-n',
    'wlid://cluster-/namespace-n/pod-x',
    'wlid://cluster-c/namespace-/pod-x',
    'wlid://cluster-c/namespace-n/-x',
    'wlid://cluster-c/namespace-n/pod-',
    'wlid://cluster-c/namespace-n/pod',
    'wlid://cluster-c/namespace-n/pod-x/y',
    'wlid://cluster-c/namespace-n/pod-x y',
    'wlid://namespace-n/cluster-c/pod-x',
  ])('refuses %s', (text) => {
    expect(parseWlid(text)).toBeUndefined();
  });

  test('wild wlids stop at the cluster or the namespace', () => {
    expect(parseWildWlid('wlid://cluster-prod')).toEqual({ cluster: 'prod' });
    expect(parseWildWlid('wlid://cluster-prod/')).toEqual({ cluster: 'prod' });
    expect(parseWildWlid('wlid://cluster-prod/namespace-shop')).toEqual({ cluster: 'prod', namespace: 'shop' });
    expect(parseWildWlid('wlid://cluster-prod/namespace-shop/pod-x')).toBeUndefined();
    expect(formatWildWlid({ cluster: 'prod', namespace: 'shop' })).toBe('wlid://cluster-prod/namespace-shop');
    expect(formatWildWlid({ cluster: 'prod' })).toBe('wlid://cluster-prod');
  });

  test('what is written is read back', () => {
    const label = fc.stringMatching(/^[a-z0-9](?:[a-z0-9.-]{0,20}[a-z0-9])?$/);
    const kind = fc.constantFrom('pod', 'deployment', 'replicaset', 'cronjob');
    fc.assert(
      fc.property(fc.record({ cluster: label, namespace: label, kind, name: label }), (wlid) => {
        expect(parseWlid(formatWlid(wlid))).toEqual(wlid);
      }),
    );
  });

  test('cluster names lose what would break a wlid', () => {
    expect(sanitizeClusterName('arn:aws:eks:eu-1:1:cluster/prod')).toBe('arn-aws-eks-eu-1-1-cluster-prod');
  });
});
