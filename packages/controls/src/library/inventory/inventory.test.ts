import { pod } from '@kso/testkit';
import { describe, expect, it } from 'vitest';
import { findingsOn, verdictOn } from '../../testing/judge.ts';
import { inventoryControls } from './inventory.ts';

const listed: Readonly<Record<string, readonly [string, string]>> = {
  'C-0026': ['batch/v1', 'CronJob'],
  'C-0036': ['admissionregistration.k8s.io/v1', 'ValidatingWebhookConfiguration'],
  'C-0039': ['admissionregistration.k8s.io/v1', 'MutatingWebhookConfiguration'],
  'C-0209': ['v1', 'Namespace'],
  'C-0232': ['rbac.authorization.k8s.io/v1', 'Role'],
};

describe.each(inventoryControls)('$id inventory', (control) => {
  it('lists every object of its kind, and nothing else', () => {
    const [apiVersion = '', kind = ''] = listed[control.id] ?? [];
    expect(findingsOn(control, { apiVersion, kind, metadata: { name: 'x' } })).toMatchObject([{ found: 'x' }]);
    expect(verdictOn(control, pod())).toBeUndefined();
  });
});
