import type { Outbox } from '@kso/store';
import { type SystemReportStep, systemReport, systemReportPath } from '../report/system-report.ts';
import { reportSubject } from '../report/workload.ts';
import { entry, hash, type ScanJob } from './report-entry.ts';

export interface StepOptions {
  readonly store: { readonly outbox: Pick<Outbox, 'put'> };
  readonly account: string;
  readonly now: () => number;
  readonly onReport: () => void;
}

/** Puts steps of a registry scan on their way; of another scan nothing. `name` tells them apart from those of another time. */
export function reportSteps(
  options: StepOptions,
  job: ScanJob,
  name: string,
  steps: readonly { readonly step: SystemReportStep; readonly error?: string }[],
): void {
  const { payload, jobId, parentId = '' } = job;
  if (payload.registryScan === undefined) return;
  const subject = reportSubject({ job: payload, account: options.account, sbomVersion: '' });
  const { actionIDN } = payload;
  const entries = steps.map(({ step, error }) => {
    const body = JSON.stringify(systemReport({ subject, step, error, jobId, parentId, actionIDN, at: options.now() }));
    const key = `sysreport/${hash([jobId, name, step])}`;
    return entry(job, { path: systemReportPath, key, group: key, body });
  });
  options.store.outbox.put(entries);
  options.onReport();
}
