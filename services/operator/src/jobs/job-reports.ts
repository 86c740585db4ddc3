import type { BasePorts } from '@kso/kit';
import { createGroupCommit, type GroupCommit, type OutboxEntry } from '@kso/store';
import type { CommandSource } from '../commands/read-plan.ts';
import type { ReportSink } from '../ports.ts';

/** One step of a job, for `/k8s/sysreport` (operator-gateway.md 7.1). */
export interface JobReport {
  readonly jobId: string;
  readonly parentId?: string | undefined;
  /** Orders the steps of a job, and makes the report the same one when it is written again after a crash. */
  readonly sequence: number;
  readonly status: 'started' | 'success' | 'failure' | 'warning' | 'done';
  readonly action: string;
  readonly target: string;
  readonly source: CommandSource;
  readonly details?: string | undefined;
  /** One line each. */
  readonly errors?: readonly string[];
  readonly traceparent?: string | undefined;
  /** When it was so, epoch milliseconds; default: now. */
  readonly at?: number | undefined;
}

const path = '/k8s/sysreport';
const mostErrors = 50;

/** Puts job reports into the outbox, in which they are safe. Those of several commands at the same time share a commit. */
export class JobReports {
  readonly #sink: ReportSink | undefined;
  readonly #commits: GroupCommit | undefined;
  readonly #account: string;
  readonly #ports: BasePorts;

  constructor(sink: ReportSink | undefined, account: string, ports: BasePorts) {
    this.#sink = sink;
    this.#commits = sink && createGroupCommit(sink);
    this.#account = account;
    this.#ports = ports;
  }

  /** All or none. @throws STORE_FULL and whatever else the outbox throws: then nothing was written, and the same may be put again. */
  async put(reports: readonly JobReport[]): Promise<void> {
    const sink = this.#sink;
    if (sink === undefined || reports.length === 0) return;
    const entries = reports.map((report) => this.#entry(report));
    await this.#commits?.run(() => sink.outbox.put(entries));
    sink.wake?.();
  }

  /** As {@link put}, where the work must go on without the report. */
  async tryPut(reports: readonly JobReport[]): Promise<void> {
    try {
      await this.put(reports);
    } catch (error) {
      const { jobId, parentId } = reports[0] ?? {};
      this.#ports.logger.error({ err: error, jobId, parentId, reports: reports.length }, 'job reports are lost');
    }
  }

  /** What a registry has, for who asked to test it (operator-gateway.md 4.3.2). */
  async putRepositories(jobId: string, registryName: string, repositories: readonly string[]): Promise<void> {
    const sink = this.#sink;
    if (sink === undefined) return;
    const query = new URLSearchParams({ customerGUID: this.#account, jobID: jobId, registryName });
    const body = JSON.stringify(repositories.map((repositoryName) => ({ repositoryName })));
    const entry = { path: `/k8s/registryRepositories?${query.toString()}`, body, group: `sysreport/${jobId}`, jobId };
    await this.#commits?.run(() => sink.outbox.put([{ ...entry, idempotencyKey: `registryRepositories/${jobId}` }]));
    sink.wake?.();
  }

  #entry(report: JobReport): OutboxEntry {
    const { jobId, parentId, sequence, traceparent } = report;
    const errors = (report.errors ?? []).slice(0, mostErrors).map((line) => `Action: ${report.action}, Error: ${line}`);
    const body = {
      customerGUID: this.#account,
      // Upstream's two spellings (sic): receivers tell by it which way a command came.
      reporter: report.source === 'gateway' ? 'WebSocket' : 'Websocket',
      target: report.target,
      status: report.status,
      action: report.action,
      ...(errors.length === 0 ? {} : { errors }),
      actionID: String(sequence),
      numSeq: sequence,
      jobID: jobId,
      ...(parentId === undefined ? {} : { parentAction: parentId }),
      ...(report.details === undefined ? {} : { details: report.details }),
      timestamp: new Date(report.at ?? this.#ports.clock.now()).toISOString(),
    };
    return {
      idempotencyKey: `sysreport/${jobId}/${sequence}`,
      path,
      body: JSON.stringify(body),
      group: `sysreport/${jobId}`,
      jobId,
      ...(parentId === undefined ? {} : { parentId }),
      ...(traceparent === undefined ? {} : { traceparent }),
    };
  }
}
