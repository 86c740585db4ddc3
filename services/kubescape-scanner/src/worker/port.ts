import type { Clock, Logger } from '@kso/kit';
import type { PostureFigures } from '../metrics/posture-figures.ts';
import type { PolicyDocuments } from '../policy/policy-documents.ts';
import type { ServiceRego } from '../policy/rego-of-service.ts';
import type { OpenedSource } from '../scan/source-config.ts';
import type { ChangeBatch, ScanHooks, ScanOrder, ScanOutcome, WorkerState } from './protocol.ts';

export interface PostureWorkerPorts {
  readonly clock: Clock;
  readonly logger: Logger;
  openSource(): Promise<OpenedSource>;
  onState(state: WorkerState): void;
  /** Stores a batch; resolves with whether that succeeded. */
  store(batch: ChangeBatch): Promise<boolean>;
}

/** The work of the scanner's thread: it owns source, policy engine and results. Runs in any thread, so that tests need none. */
export interface PostureWorker {
  /** Reads the source and, when continuous, evaluates and publishes changes until `stop`. Failures are retried. */
  run(): Promise<void>;
  scan(order: ScanOrder, hooks: ScanHooks, signal: AbortSignal): Promise<ScanOutcome>;
  /** Judges by another policy from now on. */
  setPolicy(documents: PolicyDocuments): void;
  /** Evaluates other policies in Rego from now on: what they read may be something else, so everything is read again, and scans wait for that. */
  setRego(rego: ServiceRego): void;
  /** The state as of the last evaluation, also while everything is read again; undefined before the first. */
  figures(): PostureFigures | undefined;
  stop(): Promise<void>;
}
