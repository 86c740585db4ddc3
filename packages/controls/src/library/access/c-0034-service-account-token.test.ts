import { cronJob, deployment } from '@kso/testkit';
import type { KubeObject } from '@kso/wire';
import { describe, expect, it } from 'vitest';
import { findingsOn, pathsOf } from '../../testing/judge.ts';
import { necessaryTokens, serviceAccountToken } from './c-0034-service-account-token.ts';

const account = (name: string, automountServiceAccountToken?: boolean, namespace = 'default'): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ServiceAccount',
  metadata: { name, namespace },
  ...(automountServiceAccountToken === undefined ? {} : { automountServiceAccountToken }),
});
const pods = (automountServiceAccountToken?: boolean) =>
  deployment({
    spec: {
      serviceAccountName: 'app',
      ...(automountServiceAccountToken === undefined ? {} : { automountServiceAccountToken }),
    },
  });

it('C-0190 asks the same', () => {
  expect(necessaryTokens.rules).toBe(serviceAccountToken.rules);
});

describe('C-0034 service account token', () => {
  it('fails pods that ask for it, whatever the account says', () => {
    const findings = findingsOn(serviceAccountToken, pods(true), { others: [account('app', false)] });
    expect(pathsOf(findings, 'failed')).toEqual(['spec.template.spec.automountServiceAccountToken']);
  });

  it('fails pods that leave it open, when the account does not refuse or is not there', () => {
    for (const others of [
      [],
      [account('app')],
      [account('app', true)],
      [account('app', false, 'bank')],
      [account('other', false)],
    ])
      expect(pathsOf(findingsOn(serviceAccountToken, pods(), { others }), 'fix')).toEqual([
        'spec.template.spec.automountServiceAccountToken',
      ]);
  });

  it('passes pods that refuse, or whose account does', () => {
    expect(findingsOn(serviceAccountToken, pods(false), { others: [account('app', true)] })).toEqual([]);
    expect(findingsOn(serviceAccountToken, pods(), { others: [account('app', false)] })).toEqual([]);
    expect(findingsOn(serviceAccountToken, cronJob(), { others: [account('default', false)] })).toEqual([]);
  });
});
