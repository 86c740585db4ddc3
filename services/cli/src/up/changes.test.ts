import type { ReportResult, ResourceResult } from '@kso/wire';
import { expect, test } from 'vitest';
import { changeLines, failedIn } from './changes.ts';

function changed(...failed: string[]): ResourceResult {
  return {
    resourceId: 'apps/v1/shop/Deployment/cart',
    idempotencyKey: failed.join(),
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    namespace: 'shop',
    name: 'cart',
    controls: ['C-0057', 'C-0013'].map((controlId) => ({
      controlId,
      status: failed.includes(controlId) ? ('failed' as const) : ('passed' as const),
      rules: [],
    })),
  };
}

const report: ReportResult = {
  resourceID: 'apps/v1/shop/Deployment/cart',
  controls: [{ controlID: 'C-0013', name: 'Non-root containers', status: { status: 'failed' }, rules: [] }],
};

test('a line says what got worse and what got better, once', () => {
  const known = failedIn([report]);
  expect(changeLines([changed('C-0057')], [], known)).toEqual([
    'shop/Deployment/cart: now fails C-0057 (High); no longer fails C-0013',
  ]);
  expect(changeLines([changed('C-0057')], [], known)).toEqual([]);
  expect(changeLines([changed()], [], known)).toEqual(['shop/Deployment/cart: no longer fails C-0057']);
});

test('what is gone and comes back is new', () => {
  const known = failedIn([report]);
  expect(changeLines([], [report.resourceID], known)).toEqual([]);
  expect(changeLines([changed('C-0013')], [], known)).toEqual(['shop/Deployment/cart: now fails C-0013 (Medium)']);
});
