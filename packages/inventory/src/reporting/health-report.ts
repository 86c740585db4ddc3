import { randomUUID } from 'node:crypto';
import type { Gap } from '../model.ts';
import { describeGap } from '../model.ts';
import type { AccountReport } from './run-reports.ts';

export interface HealthFacts {
  readonly now: number;
  readonly startedAt: number;
  readonly intervalSeconds: number;
  /** Accounts that were told longer ago are left out. */
  readonly oldestMs: number;
  readonly reports: readonly AccountReport[];
  readonly gaps: readonly Gap[];
  /** Why there was no inventory at all, if so. */
  readonly failure: string | undefined;
}

/** Body of `POST v2/system/integrations/<uuid>/health-report` (inventory.md 10.3). */
export function healthReport(facts: HealthFacts): object {
  const { now, startedAt, reports } = facts;
  const recent = reports.filter(({ reportedAt }) => now - reportedAt <= facts.oldestMs);
  return {
    uuid: randomUUID(),
    protocol_version: 1,
    timestamp: stamp(now),
    uptime: (now - startedAt) / 1000,
    health_report_interval: facts.intervalSeconds,
    health_data: {
      type: 'k8s_inventory_agent',
      version: 1,
      errors: [...(facts.failure === undefined ? [] : [facts.failure]), ...facts.gaps.map(describeGap)],
      account_k8s_inventory_reports: Object.fromEntries(
        recent.map((report) => [report.account, accountHealth(report)]),
      ),
    },
  };
}

function accountHealth({ account, reportedAt, user, batches, lastSuccessfulIndex }: AccountReport): object {
  return {
    report_timestamp: stamp(reportedAt),
    account_name: account,
    sent_as_user: user,
    batch_size: batches.length,
    last_successful_index: lastSuccessfulIndex,
    has_errors: batches.some(({ error }) => error !== ''),
    batches: batches.map(({ index, sentAt, error }) => ({
      batch_index: index,
      send_timestamp: stamp(sentAt),
      ...(error === '' ? {} : { error }),
    })),
  };
}

function stamp(time: number): string {
  return new Date(time).toISOString().replace(/\.\d+Z$/, 'Z');
}
