import type { Finding, RuleResult } from '@kso/wire';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SharedResults } from './shared-results.ts';

const failure = (finding: Partial<Finding> = {}): RuleResult[] => [
  { rule: 'r', verdict: { status: 'failed', findings: [{ message: 'm', paths: [], ...finding }] } },
];

describe('SharedResults', () => {
  it('gives one object for failures that say the same', () => {
    const shared = new SharedResults();
    const path = { type: 'failed', path: 'spec.containers[0]' } as const;
    const [first, second] = [0, 1].map(() => shared.result('C-1', failure({ found: 'x', paths: [path] })));
    expect(second).toBe(first);
    expect(shared.result('C-2', failure({ found: 'x', paths: [path] }))).not.toBe(first);
  });

  it('does not share what names other objects', () => {
    const shared = new SharedResults();
    const [first, second] = [0, 1].map(() => shared.result('C-1', failure({ relatedIds: ['/v1/a/Service/s'] })));
    expect(second).not.toBe(first);
    expect(second).toEqual(first);
  });

  it('says of every result what was put in, whatever objects write into their fields', () => {
    const shared = new SharedResults();
    const word = fc.stringMatching(/^[ab\t\n:#@0-9]{0,6}$/);
    const path = fc.oneof(
      fc.record({ type: fc.constantFrom('failed', 'review', 'delete'), path: word }),
      fc.record({ type: fc.constant('fix' as const), path: word, value: word }),
    );
    const finding = fc.record(
      {
        message: word,
        found: word,
        wanted: word,
        paths: fc.array(path, { maxLength: 2 }),
        container: fc.record({ name: word, list: fc.constantFrom('containers', 'initContainers') }),
      },
      { requiredKeys: ['message', 'paths'] },
    ) as fc.Arbitrary<Finding>;
    fc.assert(
      fc.property(finding, (each) => {
        const rules = failure(each);
        expect(shared.result('C-1', rules).rules).toEqual(rules);
      }),
      { numRuns: 5000 },
    );
  });
});
