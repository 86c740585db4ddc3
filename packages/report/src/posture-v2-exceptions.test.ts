import type { Finding, ResourceResult } from '@kso/wire';
import { expect, it } from 'vitest';
import { reportResult } from './posture-v2-result.ts';

const policy = { name: 'p', resources: [{ attributes: { name: 'web' } }], posturePolicies: [{ controlID: 'C-0057' }] };
const accepted: Finding = {
  message: 'privileged',
  paths: [{ type: 'failed', path: 'spec' }],
  exceptions: [{ id: 'a', source: 'file', policy }],
};
const left: Finding = { message: 'another', paths: [] };

const result = (control: ResourceResult['controls'][number]): ResourceResult => ({
  resourceId: 'id',
  idempotencyKey: '',
  apiVersion: 'v1',
  kind: 'Pod',
  namespace: '',
  name: 'web',
  controls: [control],
});

it('what exceptions cover passes with exceptions, and is still seen', () => {
  const rules = [{ rule: 'r', verdict: { status: 'passed', accepted: [accepted, accepted] } }] as const;
  const { controls } = reportResult(
    result({ controlId: 'C-0057', status: 'passed', rules }),
    new Map(),
    () => undefined,
  );
  expect(controls[0]).toMatchObject({
    status: { status: 'passed', subStatus: 'w/exceptions' },
    rules: [{ status: 'passed', subStatus: 'w/exceptions', exception: [policy], paths: [{ failedPath: 'spec' }, {}] }],
  });
});

it('a rule that fails in part shows both', () => {
  const rules = [{ rule: 'r', verdict: { status: 'failed', findings: [left], accepted: [accepted] } }] as const;
  const { controls } = reportResult(
    result({ controlId: 'C-0057', status: 'failed', rules }),
    new Map(),
    () => undefined,
  );
  expect(controls[0]).toMatchObject({
    status: { status: 'failed' },
    rules: [
      {
        status: 'failed',
        subStatus: '',
        exception: [policy],
        findings: [{ message: 'another' }, { message: 'privileged' }],
      },
    ],
  });
});
