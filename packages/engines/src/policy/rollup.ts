import type { RolledUpStatus, SeverityCounts, SubStatus, Verdict, VerdictStatus } from '@kso/wire';

/** Counters that are added to while results are read. */
export interface MutableTally {
  passed: number;
  failed: number;
  skipped: number;
}

export const emptyTally = (): MutableTally => ({ passed: 0, failed: 0, skipped: 0 });

const rolledUp: Readonly<Record<VerdictStatus, RolledUpStatus>> = {
  passed: 'passed',
  failed: 'failed',
  notEvaluated: 'skipped',
};

export function rolledUpStatus(status: VerdictStatus): RolledUpStatus {
  return rolledUp[status];
}

/** Failed, then skipped, then passed (scanner.md 10). */
export function worseOf(a: RolledUpStatus, b: RolledUpStatus): RolledUpStatus {
  if (a === 'failed' || b === 'failed') return 'failed';
  return a === 'skipped' ? a : b;
}

export function worstStatus(statuses: Iterable<RolledUpStatus>): RolledUpStatus {
  let worst: RolledUpStatus = 'passed';
  for (const status of statuses) worst = worseOf(worst, status);
  return worst;
}

/** Where several verdicts are skipped or passed for different reasons, the first of this list is told. */
const subStatusOrder: readonly SubStatus[] = [
  'notEvaluated',
  'configuration',
  'integration',
  'manual review',
  'w/exceptions',
  'irrelevant',
];

export function strongestSubStatus(subStatuses: ReadonlyMap<SubStatus, unknown>): SubStatus | undefined {
  return subStatusOrder.find((subStatus) => subStatuses.has(subStatus));
}

export function subStatusOf(verdict: Verdict): SubStatus | undefined {
  if (verdict.status === 'passed') {
    if (verdict.accepted !== undefined) return 'w/exceptions';
    return verdict.irrelevant === undefined ? undefined : 'irrelevant';
  }
  if (verdict.status === 'failed') return undefined;
  return verdict.reason === 'configuration' || verdict.reason === 'integration' ? verdict.reason : 'notEvaluated';
}

export type MutableSeverityCounts = { -readonly [K in keyof SeverityCounts]: number };

export const noSeverities = (): MutableSeverityCounts => ({ critical: 0, high: 0, medium: 0, low: 0 });
