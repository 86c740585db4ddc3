import { cronJob, deployment, job } from '@kso/testkit';
import type { KubeObject } from '@kso/wire';
import { describe, expect, it } from 'vitest';
import { findingsOn, pathsOf } from '../../testing/judge.ts';
import { matchingSelector } from './c-0296-selector.ts';

const withSelector = (selector: unknown, labels: unknown): KubeObject => ({
  ...deployment(),
  spec: { selector, template: { metadata: { labels }, spec: { containers: [] } } },
});

describe('C-0296 selectors', () => {
  it('fails labels that the selector does not match', () => {
    const findings = findingsOn(matchingSelector, withSelector({ matchLabels: { app: 'a' } }, { app: 'b' }));
    expect(pathsOf(findings, 'review')).toEqual(['spec.selector']);
    const expression = { matchExpressions: [{ key: 'app', operator: 'In', values: ['a'] }] };
    expect(findingsOn(matchingSelector, withSelector(expression, { app: 'b' }))).toHaveLength(1);
    expect(findingsOn(matchingSelector, withSelector({ matchLabels: { app: 'a' } }, null))).toHaveLength(1);
  });

  it('reads the plain selector of a ReplicationController', () => {
    const controller = (app: string): KubeObject => ({
      apiVersion: 'v1',
      kind: 'ReplicationController',
      metadata: { name: 'r' },
      spec: { selector: { app }, template: { metadata: { labels: { app: 'a' } }, spec: { containers: [] } } },
    });
    expect(findingsOn(matchingSelector, controller('b'))).toHaveLength(1);
    expect(findingsOn(matchingSelector, controller('a'))).toEqual([]);
  });

  it('passes matching ones, and workloads without a selector', () => {
    expect(findingsOn(matchingSelector, withSelector({ matchLabels: { app: 'a' } }, { app: 'a', x: 'y' }))).toEqual([]);
    expect(findingsOn(matchingSelector, job())).toEqual([]);
    expect(findingsOn(matchingSelector, cronJob())).toEqual([]);
  });
});
