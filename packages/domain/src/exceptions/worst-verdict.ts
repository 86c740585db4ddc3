import type { RuleResult, VerdictStatus } from '@kso/wire';

const order: readonly VerdictStatus[] = ['passed', 'notEvaluated', 'failed'];

/** Failed, then not evaluated, then passed (scanner.md 10). */
export function worstVerdict(rules: readonly RuleResult[]): VerdictStatus {
  return rules.reduce<VerdictStatus>(
    (found, { verdict: { status } }) => (order.indexOf(status) > order.indexOf(found) ? status : found),
    'passed',
  );
}
